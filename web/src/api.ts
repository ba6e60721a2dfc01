// The line to the server that this page came from.
export class Refused extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export async function get<T>(path: string): Promise<T> {
  const reply = await fetch(path, { headers: { Accept: "application/json" } });
  const body: unknown = await reply.json().catch(() => null);
  if (reply.ok) return body as T;
  const said = (body as { error?: unknown } | null)?.error;
  throw new Refused(reply.status, typeof said === "string" ? said : `the server answered ${reply.status}`);
}

// The key stands behind the "#" of the address that the server printed: it is traded for a cookie and leaves the address at once.
export async function beginSession(): Promise<void> {
  const key = /^#key=([0-9a-f]{64})$/.exec(location.hash)?.[1];
  if (key === undefined) return;
  history.replaceState(null, "", location.pathname + "#/overview");
  const reply = await fetch("/api/session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key }) });
  if (!reply.ok) throw new Refused(reply.status, "this key is not (or no longer) the server's; open the address that it printed last");
}
