import { connect } from "node:net";

export interface RawReply {
  /** Undefined when the connection was closed without an answer. */
  status: number | undefined;
  /** Everything that was received. */
  text: string;
}

/**
 * Sends these bytes as they are and reads until the other side closes, or has sent nothing for `quietMs` after an
 * answer. Rejects when nothing was received for `timeoutMs`: a hang.
 */
export function sendRaw(
  url: string,
  bytes: string,
  { quietMs = 50, timeoutMs = 10_000 } = {},
): Promise<RawReply> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes, "latin1"));
    const done = (): void => {
      socket.destroy();
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
      resolve({ status: status === undefined ? undefined : Number(status), text });
    };
    socket.setEncoding("latin1").setTimeout(timeoutMs);
    socket.on("data", (chunk) => {
      text += String(chunk);
      socket.setTimeout(quietMs);
    });
    socket.on("timeout", () => {
      if (text !== "") return done();
      socket.destroy();
      reject(new Error(`no answer in ${timeoutMs} ms`));
    });
    socket.on("close", done);
    // A reset after an early refusal; close follows, with what was read.
    socket.on("error", () => undefined);
  });
}
