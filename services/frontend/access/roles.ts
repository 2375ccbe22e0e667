/** What a key may do; each role may do all that the ones before it may. */
export const roles = ["reader", "trader", "admin"] as const;
export type Role = (typeof roles)[number];

export function mayDo(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
