/**
 * Waits for one turn of the event loop, so that a message (an abort from another worker) can come in between two
 * inferences: on WASM a run never leaves the microtask queue. A message channel, because browsers hold
 * nested timers back by 4 ms.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
