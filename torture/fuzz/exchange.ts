import type { ServiceName } from "../../testing/market.ts";
import { predictionViolations, type TradeExpectations } from "./expected-trades.ts";
import { Connection, type Answer } from "./connection.ts";
import { statusOfReason } from "./contract.ts";
import { formViolations, isFromBunsParser, reasonOf } from "./check-answer.ts";
import { readMessages, type Message } from "./message.ts";
import { predict, type Guard, type Prediction } from "./oracle.ts";
import type { FuzzRequest } from "./requests.ts";

/** Port of a service, and its access checks. */
export interface ServiceAddress {
  port: number;
  guard: Guard;
}

/** Counts of the answers. */
export class AnswerCounts {
  passed = 0;
  refused = 0;
  /** 503s in the API's form. The fuzzer should not overload the market. */
  unavailable = 0;
  /** Answers of Bun's parser, before any code of the services runs. */
  bunRefused = 0;
  bun505 = 0;
  closedUnanswered = 0;
  resent = 0;
}

/** An answer that takes longer is a violation. */
const hangMs = 10_000;
/** How long to wait for an answer to an incomplete message before ending the connection. */
const incompleteWaitMs = 40;

/** Methods that Bun accepts; it closes the connection on any other. */
const readMethods = /^(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|TRACE|CONNECT|PROPFIND)$/;

/** Sends messages and compares each answer with its prediction; `expectations` takes its orders and trades. */
export class Exchange {
  readonly counts = new AnswerCounts();
  readonly violations: string[] = [];
  readonly #addresses: Readonly<Record<ServiceName, ServiceAddress>>;
  readonly #expectations: TradeExpectations;

  constructor(addresses: Readonly<Record<ServiceName, ServiceAddress>>, expectations: TradeExpectations) {
    this.#addresses = addresses;
    this.#expectations = expectations;
  }

  prediction(fuzzRequest: FuzzRequest): Prediction {
    const [message] = readMessages(fuzzRequest.bytes).messages;
    if (!message) throw new Error(`a generated request is malformed: ${quote(fuzzRequest.bytes)}`);
    return predict(this.#addresses[fuzzRequest.service].guard, message);
  }

  /** Sends well-formed requests one after the other, on connections that are reused. */
  async send(fuzzRequests: Iterator<FuzzRequest, undefined>): Promise<void> {
    const kept = new Map<ServiceName, Connection>();
    for (let next = fuzzRequests.next(); !next.done; next = fuzzRequests.next()) {
      const fuzzRequest = next.value;
      const reused = kept.get(fuzzRequest.service);
      const answered = reused && (await this.#sendOn(reused, fuzzRequest, "again"));
      if (answered === "kept") continue;
      kept.delete(fuzzRequest.service);
      if (answered === "over") continue;
      const fresh = new Connection(this.#addresses[fuzzRequest.service].port);
      if ((await this.#sendOn(fresh, fuzzRequest, "first")) === "kept") kept.set(fuzzRequest.service, fresh);
    }
    for (const connection of kept.values()) connection.destroy();
  }

  /** "closed": the service may have closed the reused connection before the request arrived. */
  async #sendOn(
    connection: Connection,
    fuzzRequest: FuzzRequest,
    use: "first" | "again",
  ): Promise<"kept" | "over" | "closed"> {
    const { messages } = readMessages(fuzzRequest.bytes);
    const message = messages[0] as Message;
    const prediction = this.prediction(fuzzRequest);
    connection.send(fuzzRequest.bytes);
    const answer = await connection.answer(hangMs, message.method === "HEAD");
    if (typeof answer === "string") {
      connection.destroy();
      this.#expectations.unanswered(prediction.items);
      if (answer === "closed" && use === "again") {
        this.counts.resent += 1;
        return "closed";
      }
      this.#addViolation(
        fuzzRequest,
        answer === "silent" ? `no answer in ${hangMs} ms` : "closed without an answer",
      );
      return "over";
    }
    const mayBeFromParser = message.headers.length > 198 || message.headBytes > 15_000;
    this.#check(fuzzRequest, message, prediction, answer, mayBeFromParser);
    if (!answer.isLast && !isFromBunsParser(answer)) return "kept";
    connection.destroy();
    return "over";
  }

  /** Sends any bytes on a new connection, and waits until each message is answered or the connection ends. */
  async sendRaw(fuzzRequest: FuzzRequest): Promise<void> {
    const { messages, rest } = readMessages(fuzzRequest.bytes);
    const connection = new Connection(this.#addresses[fuzzRequest.service].port);
    connection.send(fuzzRequest.bytes);
    const predictions = messages.map((message) =>
      predict(this.#addresses[fuzzRequest.service].guard, message),
    );
    let isOver = false;
    for (const [index, message] of messages.entries()) {
      const prediction = predictions[index] as Prediction;
      const answer: Answer | "closed" | "silent" = isOver
        ? "closed"
        : await connection.answer(hangMs, message.method === "HEAD");
      if (typeof answer === "string") {
        this.#expectations.unanswered(prediction.items);
        const isAlone = messages.length === 1 && rest === "nothing";
        if (answer === "silent") this.#addViolation(fuzzRequest, `no answer in ${hangMs} ms`);
        // Bun closes a connection that sends more before the answer, and one with an unknown method.
        else if (isAlone && readMethods.test(message.method))
          this.#addViolation(fuzzRequest, "closed without an answer");
        else this.counts.closedUnanswered += 1;
        isOver = true;
        continue;
      }
      this.#check(fuzzRequest, message, prediction, answer, true);
      // Bun does not read what follows a CONNECT.
      isOver = answer.isLast || isFromBunsParser(answer) || message.method === "CONNECT";
    }
    if (!isOver && rest !== "nothing") await this.#finish(connection, fuzzRequest);
    connection.destroy();
  }

  /** Bytes that are no whole message must get a refusal, or the end of the connection, in time. */
  async #finish(connection: Connection, fuzzRequest: FuzzRequest): Promise<void> {
    const isHead = fuzzRequest.bytes.includes("HEAD ");
    const early = await connection.answer(incompleteWaitMs, isHead);
    if (early === "silent") connection.end();
    const answer = early === "silent" ? await connection.answer(hangMs, isHead) : early;
    if (answer === "silent") this.#addViolation(fuzzRequest, "neither answered nor closed");
    if (typeof answer === "string") this.counts.closedUnanswered += 1;
    else if (isFromBunsParser(answer)) this.#countParserAnswer(answer);
    else {
      for (const what of formViolations(fuzzRequest.service, answer, isHead))
        this.#addViolation(fuzzRequest, what);
      if (/"transaction_number"|"kind":"(traded|compact)"/.test(answer.body))
        this.#addViolation(fuzzRequest, "bytes that are no message traded");
      this.#count(answer, fuzzRequest, isHead);
    }
  }

  #check(
    fuzzRequest: FuzzRequest,
    message: Message,
    prediction: Prediction,
    answer: Answer,
    mayBeFromParser: boolean,
  ): void {
    if (mayBeFromParser && isFromBunsParser(answer)) {
      // Bun's parser may answer after the order was already placed.
      this.#expectations.unanswered(prediction.items);
      this.#countParserAnswer(answer);
      return;
    }
    const isHead = message.method === "HEAD";
    const violations = formViolations(fuzzRequest.service, answer, isHead);
    this.#count(answer, fuzzRequest, isHead);
    if (answer.status < 500) violations.push(...predictionViolations(prediction, answer, isHead));
    if (violations.length === 0) violations.push(...this.#expectations.answered(prediction, answer));
    for (const what of violations) this.#addViolation(fuzzRequest, what);
  }

  #countParserAnswer({ status }: Answer): void {
    if (status === 505) this.counts.bun505 += 1;
    else this.counts.bunRefused += 1;
  }

  #count(answer: Answer, fuzzRequest: FuzzRequest, isHead: boolean): void {
    if (answer.status < 400) this.counts.passed += 1;
    else if (answer.status < 500) this.counts.refused += 1;
    else if (answer.status === 503 && (isHead || statusOfReason[reasonOf(answer) ?? ""] === 503))
      this.counts.unavailable += 1;
    else this.#addViolation(fuzzRequest, `${answer.status} ${answer.body.slice(0, 200)}`);
  }

  #addViolation({ service, bytes }: FuzzRequest, what: string): void {
    this.violations.push(`${service}: ${what}, to ${quote(bytes)}`);
  }
}

function quote(bytes: Buffer): string {
  const text = JSON.stringify(bytes.toString("latin1", 0, 700));
  const shown = text.replace(
    /[^\x20-\x7e]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return bytes.length > 700 ? `${shown} and ${bytes.length - 700} bytes more` : shown;
}
