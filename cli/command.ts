import { Command } from "commander";

export interface CommandHelp {
  description: string;
  /** Command lines without `bourse`, and what each does. */
  examples: readonly (readonly [commandLine: string, effect: string])[];
  exitCodes: Readonly<Record<number, string>>;
  /** Paragraphs between the options and the examples. */
  details?: string;
}

/** The parser of a subcommand's options. It throws CommanderError instead of ending the process. */
export function newCommand(name: string, help: CommandHelp): Command {
  return new Command(`bourse ${name}`)
    .description(help.description)
    .addHelpText("after", afterOptions(help))
    .exitOverride();
}

function afterOptions({ examples, exitCodes, details }: CommandHelp): string {
  const lines = examples.map(([commandLine, effect]) => [`bourse ${commandLine}`, effect] as const);
  const width = Math.max(...lines.map(([commandLine]) => commandLine.length));
  return [
    ...(details === undefined ? [] : ["", details]),
    "",
    "Examples:",
    ...lines.map(([commandLine, effect]) => `  ${commandLine.padEnd(width)}  ${effect}`),
    "",
    "Exit codes:",
    ...Object.entries(exitCodes).map(([code, meaning]) => `  ${code}  ${meaning}`),
  ].join("\n");
}
