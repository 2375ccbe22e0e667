/** Whether the order service at this URL has noticed that a newer one has taken over: it is up, unready, and says so. */
export async function isFenced(orderUrl: string): Promise<boolean> {
  const response = await fetch(`${orderUrl}/readyz`);
  return response.status === 503 && (await response.text()).includes("a newer order service has taken over");
}
