import { styleText } from "node:util";
import { prettyFactory } from "pino-pretty";

const colours = ["cyan", "magenta", "green", "yellow", "blue"] as const;
const nameWidth = "supervisor".length;

/**
 * Makes readable lines, each with the name of its process before it. A pino JSON line becomes time, level, message and
 * fields; any other stays as it is. One line can become several, for example with an error's stack.
 */
export function createLineFormatter(names: readonly string[], withColour: boolean) {
  const pretty = prettyFactory({
    colorize: withColour,
    ignore: "pid,hostname,service",
    singleLine: true,
    translateTime: "SYS:HH:MM:ss.l",
  });

  const prefixOf = (name: string): string => {
    const prefix = `${name.padEnd(nameWidth)} │ `;
    const colour = colours[names.indexOf(name) % colours.length];
    return withColour && colour ? styleText(colour, prefix, { validateStream: false }) : prefix;
  };

  return (name: string, text: string): string => {
    const readable = isPinoLine(text) ? pretty(text).trimEnd() : text;
    const prefix = prefixOf(name);
    return readable
      .split("\n")
      .map((line) => `${prefix}${line}\n`)
      .join("");
  };
}

function isPinoLine(text: string): boolean {
  return text.startsWith('{"level":');
}
