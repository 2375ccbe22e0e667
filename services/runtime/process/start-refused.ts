/** A reason not to start that a person must correct. Printed as one line; exit code 1; a supervisor does not restart it. */
export class StartRefused extends Error {
  override readonly name = "StartRefused";
}
