/** Whether no object in this valid JSON text has a duplicate key. */
export function hasUniqueKeys(json: string): boolean {
  /** The keys of each open object; undefined: an open array. */
  const open: (Set<string> | undefined)[] = [];
  for (const { 0: token, index } of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (/^\s*:/.test(json.slice(index + token.length, index + token.length + 100))) {
      const key = String(JSON.parse(token));
      if (open.at(-1)?.has(key)) return false;
      open.at(-1)?.add(key);
    }
  }
  return true;
}
