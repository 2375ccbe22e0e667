/** Does this, once: when `leave` is called, or when the process ends before that (Ctrl-C in the middle of a run). */
export function atExit(cleanUp: () => void): { leave(): void } {
  const leave = (): void => {
    process.off("exit", leave);
    cleanUp();
  };
  process.on("exit", leave);
  return { leave };
}
