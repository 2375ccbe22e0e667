/** Rejects unless a lookup that asks the catalog itself is answered. */
export async function expectReads(url: string): Promise<void> {
  const headers = { "cache-control": "no-cache" };
  const { status } = await fetch(`${url}/stocks/GameStart`, { headers, signal: AbortSignal.timeout(5_000) });
  if (status !== 200) throw new Error(`without room on the disk a lookup got ${status}`);
}
