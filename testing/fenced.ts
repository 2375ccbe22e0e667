/** Whether the order service at this URL is fenced: it is up, and not ready with that message. */
export async function isFenced(orderUrl: string): Promise<boolean> {
  const response = await fetch(`${orderUrl}/readyz`);
  return response.status === 503 && (await response.text()).includes("a newer order service has taken over");
}
