/** A reason not to start that a person must mend. Printed as one line, exit code 1, never restarted. */
export class StartRefused extends Error {
  override readonly name = "StartRefused";
}
