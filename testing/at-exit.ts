/** Runs `cleanUp` once: when `leave` is called, or at the exit of the process if that is earlier (Ctrl-C). */
export function atExit(cleanUp: () => void): { leave(): void } {
  const leave = (): void => {
    process.off("exit", leave);
    cleanUp();
  };
  process.on("exit", leave);
  return { leave };
}
