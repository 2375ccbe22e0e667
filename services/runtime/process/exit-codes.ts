/**
 * What a service's exit code tells whoever started it.
 *
 * - `done`: it was asked to end and did.
 * - `refused`: a person must mend something (bad config, port taken, folder not writable, another process holds
 *   the data). Starting again would fail the same way, so a supervisor does not.
 * - `fenced`: a newer order process took over. Starting again would take the market back from it.
 * - `crashed`: an internal error. Starting again reads the truth from the disk.
 *
 * Any other code, and death by a signal, counts as crashed.
 */
export const ExitCode = { done: 0, refused: 1, fenced: 3, crashed: 70 } as const;
