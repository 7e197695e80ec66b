/** The program of the thread that answers what the page of a gateway asks for (src/transport/http/ui-thread.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromUiThread, ToUiThread, UiThreadData } from '../transport/http/ui-thread.ts';
import { tellRoute } from '../ui/route.ts';
import { uiRoutes } from './ui-routes.ts';

const { settings, socket } = workerData as UiThreadData;
const { routes } = uiRoutes({ settings, sockets: socket, isOwner: false });
/** Ends of what goes on, by id. */
const followed = new Map<number, () => void>();

function post(message: FromUiThread): void {
  parentPort?.postMessage(message);
}

async function answer(message: Extract<ToUiThread, { ask: unknown }>): Promise<void> {
  const { id } = message;
  const told = await tellRoute(routes, message.ask);
  if (!('follow' in told)) return post({ id, status: told.status, text: told.text });
  const send = (value: object): boolean => {
    post({ id, value });
    return true;
  };
  const end = told.follow(send, () => undefined);
  followed.set(id, end);
  post({ id, follows: true });
}

parentPort?.on('message', (message: ToUiThread) => {
  if ('ask' in message) {
    void answer(message);
    return;
  }
  followed.get(message.id)?.();
  followed.delete(message.id);
});
