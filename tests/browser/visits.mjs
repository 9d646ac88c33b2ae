// Shared by the tests of the page: a browser and a server for each file, and a visit for each test.
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before } from 'node:test';
import { launch } from './chromium.mjs';
import { OUT, servePage, visit } from './visit.mjs';

/**
 * One browser and one server for the tests of a file: opens the page for one test, and closes it afterwards. The flow plays only
 * where a test says `reducedMotion: 'no-preference'`: drawing it sixty times a second is most of what a processor does here.
 */
export function visits(defaults = {}) {
  let browser;
  let server;
  before(async () => {
    mkdirSync(OUT, { recursive: true });
    [browser, server] = await Promise.all([launch(), servePage()]);
  });
  after(async () => {
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
