const INSPECTOR = 'http://127.0.0.1:9229/json/list';
const DEADLINE_MS = 5_000;
const POLL_MS = 100;

/** Has the process whose inspector listens in this network run for ever, as a wrong loop of its own would. */
export async function blockEventLoop(): Promise<void> {
  const url = await inspectorUrl(performance.now() + DEADLINE_MS);
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const params = { expression: 'setTimeout(() => { for (;;); })' };
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params }));
  await new Promise((resolve) => {
    socket.onmessage = resolve;
  });
}

/** It listens a moment after its signal. */
async function inspectorUrl(deadlineMs: number): Promise<string> {
  for (;;) {
    const response = await fetch(INSPECTOR).catch(() => undefined);
    if (response) {
      const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
      if (target) return target.webSocketDebuggerUrl;
    }
    if (performance.now() > deadlineMs) throw new Error('no inspector listens');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
