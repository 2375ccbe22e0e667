/**
 * The exit codes of a service, for the supervisor that started it.
 *
 * - `done`: it was asked to end, and ended.
 * - `refused`: a person must correct something (bad configuration, port taken, folder not writable, another process
 *   holds the data). Starting again would fail in the same way, so the supervisor does not. After a crash it tries a
 *   few times, because the port or the data may be taken for a moment.
 * - `crashed`: an internal error. A new start reads from the disk what was committed.
 *
 * Any other code, and the end by a signal, counts as crashed. A fenced order service does not end by itself, so that
 * nothing restarts it: docs/decisions/0009.
 */
export const ExitCode = { done: 0, refused: 1, crashed: 70 } as const;
