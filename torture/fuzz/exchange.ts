import type { ServiceName } from "../../testing/market.ts";
import { predictionFaults, type Account } from "./account.ts";
import { Connection, type Answer } from "./connection.ts";
import { statusOfReason } from "./contract.ts";
import { formFaults, isBunsOwn, reasonOf } from "./judge-answer.ts";
import { readMessages, type Message } from "./message.ts";
import { predict, type Guard, type Prediction } from "./oracle.ts";
import type { Shot } from "./requests.ts";

/** Where a service is, and whom it lets in. */
export interface Place {
  port: number;
  guard: Guard;
}

/** What came back, counted. */
export class Tally {
  passed = 0;
  refused = 0;
  /** 503s in the API's words: nothing here should overload anything. */
  unavailable = 0;
  /** Bun's parser, before any code of ours. */
  bunRefused = 0;
  bun505 = 0;
  closedUnanswered = 0;
  resent = 0;
}

/** An answer that takes longer is a hang. */
const hangMs = 10_000;
/** How long a message that is not whole is given for an answer before its connection is ended. */
const patienceMs = 40;

/** Methods that Bun reads; it closes the connection on any other. */
const readMethods = /^(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|TRACE|CONNECT|PROPFIND)$/;

/** Sends messages and judges each answer by what was predicted; the account gets what it says of orders. */
export class Exchange {
  readonly tally = new Tally();
  readonly faults: string[] = [];
  readonly #places: Readonly<Record<ServiceName, Place>>;
  readonly #account: Account;

  constructor(places: Readonly<Record<ServiceName, Place>>, account: Account) {
    this.#places = places;
    this.#account = account;
  }

  prediction(shot: Shot): Prediction {
    const [message] = readMessages(shot.bytes).messages;
    if (!message) throw new Error(`a request was made that is none: ${quote(shot.bytes)}`);
    return predict(this.#places[shot.service].guard, message);
  }

  /** Sends well-formed requests one after the other, on connections that are used again. */
  async send(shots: Iterator<Shot, undefined>): Promise<void> {
    const kept = new Map<ServiceName, Connection>();
    for (let next = shots.next(); !next.done; next = shots.next()) {
      const shot = next.value;
      const reused = kept.get(shot.service);
      const answered = reused && (await this.#sendOn(reused, shot, "again"));
      if (answered === "kept") continue;
      kept.delete(shot.service);
      if (answered === "over") continue;
      const fresh = new Connection(this.#places[shot.service].port);
      if ((await this.#sendOn(fresh, shot, "first")) === "kept") kept.set(shot.service, fresh);
    }
    for (const connection of kept.values()) connection.destroy();
  }

  /** "closed": the service had ended the connection before it saw the request, perhaps. */
  async #sendOn(
    connection: Connection,
    shot: Shot,
    use: "first" | "again",
  ): Promise<"kept" | "over" | "closed"> {
    const { messages } = readMessages(shot.bytes);
    const message = messages[0] as Message;
    const prediction = this.prediction(shot);
    connection.send(shot.bytes);
    const answer = await connection.answer(hangMs, message.method === "HEAD");
    if (typeof answer === "string") {
      connection.destroy();
      this.#account.unanswered(prediction.items);
      if (answer === "closed" && use === "again") {
        this.tally.resent += 1;
        return "closed";
      }
      this.#fault(shot, answer === "silent" ? `no answer in ${hangMs} ms` : "closed without an answer");
      return "over";
    }
    const mayBeBuns = message.headers.length > 198 || message.headBytes > 15_000;
    this.#judge(shot, message, prediction, answer, mayBeBuns);
    if (!answer.isLast && !isBunsOwn(answer)) return "kept";
    connection.destroy();
    return "over";
  }

  /** Sends any bytes on a connection of their own, and waits until each message is answered or the connection ends. */
  async sendRaw(shot: Shot): Promise<void> {
    const { messages, rest } = readMessages(shot.bytes);
    const connection = new Connection(this.#places[shot.service].port);
    connection.send(shot.bytes);
    const predictions = messages.map((message) => predict(this.#places[shot.service].guard, message));
    let isOver = false;
    for (const [index, message] of messages.entries()) {
      const prediction = predictions[index] as Prediction;
      const answer: Answer | "closed" | "silent" = isOver
        ? "closed"
        : await connection.answer(hangMs, message.method === "HEAD");
      if (typeof answer === "string") {
        this.#account.unanswered(prediction.items);
        const isAlone = messages.length === 1 && rest === "nothing";
        if (answer === "silent") this.#fault(shot, `no answer in ${hangMs} ms`);
        // Bun ends a connection on which more comes before the answer, and one whose method it does not know.
        else if (isAlone && readMethods.test(message.method)) this.#fault(shot, "closed without an answer");
        else this.tally.closedUnanswered += 1;
        isOver = true;
        continue;
      }
      this.#judge(shot, message, prediction, answer, true);
      // What follows a CONNECT is for whom it names: Bun lets it lie until the connection has idled.
      isOver = answer.isLast || isBunsOwn(answer) || message.method === "CONNECT";
    }
    if (!isOver && rest !== "nothing") await this.#finish(connection, shot);
    connection.destroy();
  }

  /** What comes to bytes that are no whole message: a refusal, or the end of the connection, in good time. */
  async #finish(connection: Connection, shot: Shot): Promise<void> {
    const isHead = shot.bytes.includes("HEAD ");
    const early = await connection.answer(patienceMs, isHead);
    if (early === "silent") connection.end();
    const answer = early === "silent" ? await connection.answer(hangMs, isHead) : early;
    if (answer === "silent") this.#fault(shot, "neither answered nor closed");
    if (typeof answer === "string") this.tally.closedUnanswered += 1;
    else if (isBunsOwn(answer)) this.#countBuns(answer);
    else {
      for (const fault of formFaults(shot.service, answer, isHead)) this.#fault(shot, fault);
      if (/"transaction_number"|"kind":"(traded|compact)"/.test(answer.body))
        this.#fault(shot, "what is no message traded");
      this.#count(answer, shot, isHead);
    }
  }

  #judge(shot: Shot, message: Message, prediction: Prediction, answer: Answer, mayBeBuns: boolean): void {
    if (mayBeBuns && isBunsOwn(answer)) {
      // Bun may say so when the order is on its way already.
      this.#account.unanswered(prediction.items);
      this.#countBuns(answer);
      return;
    }
    const isHead = message.method === "HEAD";
    const faults = formFaults(shot.service, answer, isHead);
    this.#count(answer, shot, isHead);
    if (answer.status < 500) faults.push(...predictionFaults(prediction, answer, isHead));
    if (faults.length === 0) faults.push(...this.#account.answered(prediction, answer));
    for (const fault of faults) this.#fault(shot, fault);
  }

  #countBuns({ status }: Answer): void {
    if (status === 505) this.tally.bun505 += 1;
    else this.tally.bunRefused += 1;
  }

  #count(answer: Answer, shot: Shot, isHead: boolean): void {
    if (answer.status < 400) this.tally.passed += 1;
    else if (answer.status < 500) this.tally.refused += 1;
    else if (answer.status === 503 && (isHead || statusOfReason[reasonOf(answer) ?? ""] === 503))
      this.tally.unavailable += 1;
    else this.#fault(shot, `${answer.status} ${answer.body.slice(0, 200)}`);
  }

  #fault({ service, bytes }: Shot, fault: string): void {
    this.faults.push(`${service}: ${fault}, to ${quote(bytes)}`);
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
