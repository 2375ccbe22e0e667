import type { MessagePort, Worker } from "node:worker_threads";

/**
 * Calls from one thread to the methods of another. Every call has one argument and one result, which both are cloned:
 * passing a text costs almost nothing, an object is copied field by field.
 *
 * A method that throws ends its thread: the error reaches `onCrash`. A failure that the caller handles must be in the
 * result.
 */

type Methods = Record<string, (argument: never) => unknown>;

interface Call {
  id: number;
  method: string;
  argument: unknown;
}

type FromWorker<Notice> =
  | { kind: "result"; id: number; result: unknown }
  /** Sent without a call. */
  | { kind: "notice"; notice: Notice };

/**
 * For the worker: answers the calls that come through `port`, one after the other, in their order. Returns a function
 * that sends a notice to the other side.
 */
export function serveCalls<Notice = never>(
  port: MessagePort | null,
  methods: Methods,
): (notice: Notice) => void {
  if (!port) throw new Error("this module runs as a worker thread only");
  const send = (message: FromWorker<Notice>): void => port.postMessage(message);
  port.on("message", ({ id, method, argument }: Call) => {
    send({ kind: "result", id, result: methods[method]?.(argument as never) });
  });
  return (notice) => send({ kind: "notice", notice });
}

export interface WorkerHandlers<Notice> {
  /** The thread ended without `terminate`: by an uncaught error, or by its exit. Called once at most. */
  onCrash(error: unknown): void;
  onNotice?(notice: Notice): void;
}

/** For the thread that made the worker: the worker's methods, each as an asynchronous call. */
export class WorkerCalls<Served extends Methods, Notice = never> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;
  #hasEnded = false;

  constructor(worker: Worker, { onCrash, onNotice }: WorkerHandlers<Notice>) {
    this.#worker = worker;
    const crashed = (error: unknown): void => {
      if (this.#hasEnded) return;
      this.#hasEnded = true;
      onCrash(error);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    worker.on("message", (message: FromWorker<Notice>) => {
      if (message.kind === "notice") onNotice?.(message.notice);
      else this.#resolve(message.id, message.result);
    });
    worker.on("error", crashed);
    worker.on("exit", (code) => crashed(new Error(`the worker thread ended with code ${code}`)));
  }

  /** Rejects when the worker ends before it has answered. */
  call<Name extends string & keyof Served>(
    method: Name,
    argument: Parameters<Served[Name]>[0],
  ): Promise<ReturnType<Served[Name]>> {
    if (this.#hasEnded)
      return Promise.reject(new Error(`the worker thread has ended: ${method} was not called`));
    this.#lastId += 1;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(this.#lastId, waiting);
    const call: Call = { id: this.#lastId, method, argument };
    this.#worker.postMessage(call);
    return waiting.promise as Promise<ReturnType<Served[Name]>>;
  }

  /** Ends the thread at once. A call that it has not answered rejects; `onCrash` is not called. */
  async terminate(): Promise<void> {
    this.#hasEnded = true;
    await this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(new Error("the worker thread was terminated"));
    this.#waiting.clear();
  }

  #resolve(id: number, result: unknown): void {
    this.#waiting.get(id)?.resolve(result);
    this.#waiting.delete(id);
  }
}
