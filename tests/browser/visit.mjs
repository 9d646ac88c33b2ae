// A visit to the built page: opens it, records its console messages and requests, and finds its parts by visible names.
import assert from 'node:assert/strict';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { serve } from './server.mjs';

const here = dirname(fileURLToPath(import.meta.url));
export const OUT = resolve(here, 'out');
/** SwiftShader on two cores is slow: waits are long, and no test measures time. */
export const PATIENCE_MS = 240_000;

/** Serves dist/ under a sub-path, as project pages are hosted. */
export const servePage = () => serve({ directory: resolve(here, '../../dist'), base: '/flowsketch/' });

/** Waits until `holds` is true; fails with the message `otherwise`. */
export async function eventually(otherwise, holds) {
  for (const start = Date.now(); !(await holds()); await delay(300)) {
    assert.ok(Date.now() - start < PATIENCE_MS, otherwise);
  }
}

/** Waits until the status line matches these words. */
export const says = (the, words) => the.page.waitForFunction((words) => new RegExp(words).test(document.querySelector('[role="status"]')?.textContent), words);

/**
 * Traces the browser's main threads from now on. Returns a function that ends the trace and returns the milliseconds of
 * processor time of each of their tasks. Other programs on the machine do not change processor time.
 */
export async function traceTasks(browser) {
  const client = await browser.newBrowserCDPSession();
  const events = [];
  client.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  await client.send('Tracing.start', { categories: 'toplevel', transferMode: 'ReportEvents' });
  return async () => {
    const complete = new Promise((done) => client.once('Tracing.tracingComplete', done));
    await client.send('Tracing.end');
    await complete;
    const thread = ({ pid, tid }) => `${pid} ${tid}`;
    const main = new Set(events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(thread));
    const tasks = events.filter((event) => event.tdur && main.has(thread(event))).map(({ tdur }) => tdur / 1e3);
    assert.ok(tasks.length > 50, 'no tasks were seen');
    return tasks;
  };
}

/** For readers of the test log. The value depends on the machine, so no test checks it. */
export const longestTask = (tasks) => `longest task ${Math.max(...tasks).toFixed(1)} ms of processor time`;

/** Waits until the value of `read` has not changed for `rest_ms`, and returns it. A slow machine updates it late. */
export async function atRest(read, rest_ms = 2_000) {
  const start = Date.now();
  let [last, since] = [await read(), start];
  while (Date.now() - since < rest_ms) {
    await delay(250);
    const now = await read();
    if (!isDeepStrictEqual(now, last)) [last, since] = [now, Date.now()];
    assert.ok(Date.now() - start < PATIENCE_MS, 'the value keeps changing');
  }
  return last;
}

/** Counts the buffers that the page waits for, in `globalThis.readbacks`. */
const countReadbacks = () => {
  globalThis.readbacks = 0;
  const map = globalThis.GPUBuffer?.prototype.mapAsync;
  if (!map) return;
  GPUBuffer.prototype.mapAsync = function (...all) {
    globalThis.readbacks += 1;
    const mapped = map.apply(this, all);
    const end = () => { globalThis.readbacks -= 1; };
    mapped.then(end, end);
    return mapped;
  };
};

/** As `prepare` of a visit: keeps the devices that the page opens, in `globalThis.devices`, so that a test can lose them. */
export const keepDevices = () => {
  const request = GPUAdapter.prototype.requestDevice;
  globalThis.devices = [];
  GPUAdapter.prototype.requestDevice = async function (...all) {
    const device = await request.apply(this, all);
    globalThis.devices.push(device);
    return device;
  };
};

/**
 * Opens the page in a context of its own. `prepare`, one function or several, runs in it before the page's own scripts; `change`, a pattern of
 * addresses and a function, changes the text of what is served there; `answer`, the same, answers itself.
 */
export async function visit(browser, url, { prepare, change, answer, query = '', live = true, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const log = [];
  const requests = [];
  const bodies = [];
  page.on('console', (message) => log.push({ type: message.type(), text: message.text() }));
  page.on('pageerror', (error) => log.push({ type: 'pageerror', text: String(error) }));
  page.on('request', (request) => requests.push(request.url()));
  page.on('response', (response) => bodies.push(response.body().catch(() => Buffer.alloc(0))));
  for (const script of [countReadbacks, prepare ?? []].flat()) await page.addInitScript(script);
  if (change) {
    const [pattern, changed] = change;
    await context.route(pattern, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: changed(await response.text()) });
    });
  }
  if (answer) await context.route(...answer);
  await page.goto(url + query);
  const button = (name) => page.getByRole('button', { name, exact: true });
  const the = {
    page, log, requests, bodies, button,
    pad: page.getByLabel('Drawing pad', { exact: true }),
    flow: page.getByRole('img', { name: 'Flow', exact: true }),
    status: page.getByRole('status'),
    slider: (name) => page.getByRole('slider', { name, exact: true }),
    close: () => context.close(),
    /** The raw number of a metric, once it is measured. */
    metric: async (name) => {
      const handle = await page.waitForFunction((name) => {
        // While the page is being loaded again there is none.
        const text = document.querySelector(`data[data-metric="${name}"]`)?.value ?? '';
        return text !== '' && { value: Number(text) };
      }, name, { polling: 100 });
      return (await handle.jsonValue()).value;
    },
    /** Waits until a metric is '>', '<' or '=' a bound, and returns it. */
    until: async (name, relation, bound) => {
      const handle = await page.waitForFunction(([name, relation, bound]) => {
        // While the page is being loaded again there is none.
        const text = document.querySelector(`data[data-metric="${name}"]`)?.value ?? '';
        if (text === '') return false;
        const value = Number(text);
        const holds = { '>': value > bound, '<': value < bound, '=': value === bound }[relation];
        return holds && { value };
      }, [name, relation, bound], { polling: 100 });
      return (await handle.jsonValue()).value;
    },
    /**
     * The step at which paused training has stopped. A measurement by a software GPU takes seconds, and a step of the paper's
     * recipe too.
     */
    settle: async () => {
      const read = async () => [await the.metric('step'), await page.evaluate(() => globalThis.readbacks ?? 0)];
      for (;;) {
        const [step, readbacks] = await atRest(read, /[?&]recipe=paper/.test(page.url()) ? 6_000 : 2_000);
        if (readbacks === 0) return step;
      }
    },
    /** Hides the page, or shows it again. */
    hide: (hidden) => page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => (hidden ? 'hidden' : 'visible') });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden),
    /** Stops the flow if it plays. */
    still: async () => {
      if (await button('Pause flow').isVisible()) await button('Pause flow').click();
    },
    pause: async () => {
      await button('Pause training').click();
      return the.settle();
    },
    /** Waits until the page has taken what is on the pad as the source of that name. */
    source: (name) => page.waitForFunction((name) => document.getElementById('source-name')?.textContent === name, name),
    /** Draws an open curve on the pad with the mouse; waits until it is the source and old measurements are gone. */
    draw: async () => {
      await the.pad.scrollIntoViewIfNeeded();
      const box = await the.pad.boundingBox();
      const at = (k) => [box.x + box.width * (0.2 + 0.6 * k), box.y + box.height * (0.5 + 0.25 * Math.sin(6 * k))];
      await page.mouse.move(...at(0));
      await page.mouse.down();
      for (let k = 1; k <= 30; k += 1) await page.mouse.move(...at(k / 30));
      await page.mouse.up();
      await the.source('your drawing');
    },
  };
  // A page that is loaded has not yet run its program: until then it shows nothing of its link.
  await page.waitForFunction(() => document.getElementById('draw')?.disabled === false || document.getElementById('alert')?.hidden === false);
  if (live) await the.until('step', '>', -1);
  return the;
}
