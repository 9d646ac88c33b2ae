// Shared by the tests of the page: a browser and a server for each file, and a visit for each test.
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { resolve } from 'node:path';
import { after, before } from 'node:test';
import { launch } from './chromium.mjs';
import { OUT, servePage, visit } from './visit.mjs';

/**
 * Gives the workers of all pages, which train as fast as they can, only the processor time that pages leave. Otherwise two
 * tests at a time wait for each other's workers. Linux alone tells the threads of a process.
 */
function workersComeLast() {
  const read = (path) => { try { return readFileSync(path, 'utf8'); } catch { return ''; } };
  const list = (path) => { try { return readdirSync(path); } catch { return []; } };
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/cmdline`).includes('type=renderer'))) {
    for (const thread of list(`/proc/${pid}/task`)) {
      if (!read(`/proc/${pid}/task/${thread}/comm`).startsWith('DedicatedWorker')) continue;
      try { setPriority(Number(thread), 10); } catch { /* It has ended. */ }
    }
  }
}

/**
 * One browser and one server for the tests of a file: opens the page for one test, and closes it afterwards. The flow plays only
 * where a test says `reducedMotion: 'no-preference'`: drawing it sixty times a second is most of what a processor does here.
 */
export function visits(defaults = {}) {
  let browser;
  let server;
  let watch;
  before(async () => {
    mkdirSync(OUT, { recursive: true });
    watch = setInterval(workersComeLast, 1_000);
    [browser, server] = await Promise.all([launch(), servePage()]);
  });
  after(async () => {
    clearInterval(watch);
    await browser?.close();
    await server?.close();
  });
  return async (t, options) => {
    const the = await visit(browser, server.url, { reducedMotion: 'reduce', ...defaults, ...options });
    t.after(the.close);
    return Object.assign(the, { browser, origin: server.url });
  };
}

/** A picture of the window, or of the whole page, to be looked at. */
export const shot = (the, name, options) => the.page.screenshot({ path: resolve(OUT, `${name}.png`), ...options });
