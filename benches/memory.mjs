// Memory and smoothness of the built page over minutes of use: `node benches/memory.mjs [MINUTES] [cpu|gpu]`. Presets,
// strokes, ε, t, views and panels change, the window changes its size, the page is hidden and seen again, and on WebGPU
// the device is lost once a round. Once a minute, after a forced collection, it prints the JavaScript heap and the
// WebAssembly memory of the page and of its workers; it fails when the end is more than 5 % above what was there after the
// first minutes, or when the page does not go on.
import { setTimeout as delay } from 'node:timers/promises';
import { launch } from '../tests/browser/chromium.mjs';
import { keepDevices, servePage, visit } from '../tests/browser/visit.mjs';

const MOST_GROWTH = 1.05;
const minutes = Number(process.argv[2] ?? 10);
const backend = process.argv[3] ?? 'cpu';
/** Memory grows while every part is used for the first time. */
const FIRST_MINUTES = Math.min(10, Math.ceil(minutes / 3));
/** Most seconds until a lost device is replaced and training goes on. */
const MOST_SECONDS = 15;

/** Watches the main thread from now on; answers with a function that gives the milliseconds of its long tasks so far. */
async function watchTasks(page) {
  await page.evaluate(() => {
    globalThis.tasks = [];
    new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
  });
  return () => page.evaluate(() => globalThis.tasks);
}

/** A connection by the Chrome DevTools Protocol to the page, or through it to a worker of the page. */
class Target {
  /** `size` is a JavaScript expression that gives, there, the bytes of the WebAssembly memory. */
  constructor(client, size, sessionId) {
    Object.assign(this, { client, size, sessionId, waiting: new Map(), last: 0 });
    client.on('Target.receivedMessageFromTarget', ({ sessionId: from, message }) => {
      const { id, result, error } = JSON.parse(message);
      if (from !== this.sessionId || !this.waiting.has(id)) return;
      const [resolve, reject] = this.waiting.get(id);
      this.waiting.delete(id);
      if (error) reject(new Error(error.message));
      else resolve(result);
    });
  }

  send(method, params = {}) {
    if (!this.sessionId) return this.client.send(method, params);
    const id = (this.last += 1);
    const answer = new Promise((resolve, reject) => this.waiting.set(id, [resolve, reject]));
    const message = JSON.stringify({ id, method, params });
    return this.client.send('Target.sendMessageToTarget', { sessionId: this.sessionId, message }).then(() => answer);
  }

  /** Bytes of live JavaScript objects, and of the WebAssembly memory. */
  async memory() {
    await this.send('HeapProfiler.enable');
    await this.send('HeapProfiler.collectGarbage');
    const { usedSize } = await this.send('Runtime.getHeapUsage');
    const { result } = await this.send('Runtime.evaluate', { expression: this.size, awaitPromise: true, returnByValue: true });
    return { heap: usedSize, wasm: result.value };
  }
}

// To start a program that already runs returns its exports. The memory is one of them, under a short name.
const SIZE = '(exports) => Object.values(exports).find((value) => value instanceof WebAssembly.Memory).buffer.byteLength';
const WORKER_SIZE = `wasm_bindgen().then(${SIZE})`;
const PAGE_SIZE = `Promise.all([document.querySelector("link[rel=modulepreload]").href, new URL("flowsketch-panels.js", document.baseURI).href]
  .map((address) => import(address).then((program) => program.default()).then(${SIZE}))).then(([page, panels]) => page + panels)`;

/** The page with its panels, and its workers as long as there are any. */
async function targets(page) {
  const client = await page.context().newCDPSession(page);
  const workers = new Map();
  client.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worker') workers.set(sessionId, Object.assign(new Target(client, WORKER_SIZE, sessionId), { address: targetInfo.url }));
  });
  client.on('Target.detachedFromTarget', ({ sessionId }) => workers.delete(sessionId));
  await client.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  return { page: new Target(client, PAGE_SIZE), workers };
}

/** Actions of a user, one after another, without end. */
function* deeds(the) {
  const preset = (name) => () => the.page.getByRole('group', { name: 'Presets' }).getByRole('button', { name, exact: true }).click();
  const epsilon = (value) => async () => {
    await the.page.getByLabel('Epsilon as a number').fill(value);
    await the.page.keyboard.press('Enter');
  };
  const click = (name) => () => the.button(name).click();
  const time = (value) => () => the.slider('Time t').fill(value);
  const size = (width, height) => () => the.page.setViewportSize({ width, height });
  const hide = (hidden) => () => the.hide(hidden);
  const panel = (id) => () => the.page.locator(`#${id} > summary`).click();
  // It has a worker of its own while it is open.
  const inspect = (opens) => async () => {
    await panel('step-inspector')();
    isInspecting = opens;
  };
  const lose = backend === 'gpu' ? [() => loseDevice(the)] : [];
  for (;;) {
    yield* [
      preset('moons'), epsilon('0.5'), click('Exact'), time('0.3'), click('Play flow'), click('Difference'),
      () => the.draw(), epsilon('0.1'), click('Learned'), preset('2spirals'), click('Reset'), click('Train'), epsilon('0.2'),
      () => the.draw(), click('Undo'), time('0.8'), click('Play flow'), click('Exact'), preset('checkerboard'), epsilon('1'),
      click('Learned'), size(390, 844), panel('laboratory'), hide(true), hide(false), preset('rings'), panel('laboratory'), size(1280, 800),
      inspect(true), () => the.page.locator('#step-inspector-next').click(), inspect(false), ...lose,
    ];
  }
}

const losses = [];
let isInspecting = false;

/** Loses the device, and waits until training goes on with the next one. */
async function loseDevice(the) {
  const step = await the.metric('step');
  const start = Date.now();
  await the.page.evaluate(() => globalThis.devices.at(-1).destroy());
  await the.until('step', '>', step);
  losses.push((Date.now() - start) / 1e3);
}

const MIB = 2 ** 20;
const [browser, server] = await Promise.all([launch(), servePage()]);
try {
  const the = await visit(browser, server.url, { query: `?backend=${backend}`, prepare: keepDevices });
  the.page.setDefaultTimeout(60_000);
  const { page, workers } = await targets(the.page);
  const tasks = await watchTasks(the.page);
  const todo = deeds(the);
  const seen = [];
  const names = ['page', ...(backend === 'gpu' ? [] : ['run']), 'inspection'];
  const columns = ['minute', ...names.flatMap((name) => [`${name}: JS heap, MiB`, `${name === 'page' ? 'page and panels' : name}: wasm`]), 'together', 'main-thread tasks over 50 ms'];
  console.log(`| ${columns.join(' | ')} |\n${'|---'.repeat(columns.length)}|`);
  const start = Date.now();
  for (let minute = 1; minute <= minutes; minute += 1) {
    while (Date.now() - start < minute * 60_000 || isInspecting) {
      await todo.next().value();
      await delay(2_000);
    }
    // Count long tasks first, because the forced collection is one.
    const long = (await tasks()).length;
    const parts = [await page.memory()];
    // The worker of the run before the inspection worker.
    const sorted = [...workers.values()].sort((a, b) => b.address.localeCompare(a.address));
    for (const worker of sorted) parts.push(await worker.memory());
    const sum = parts.reduce((all, { heap, wasm }) => all + heap + wasm, 0);
    seen.push({ sum, parts });
    const cells = parts.flatMap(({ heap, wasm }) => [heap, wasm]).concat(sum).map((bytes) => (bytes / MIB).toFixed(2));
    console.log(`| ${minute} | ${cells.join(' | ')} | ${long} |`);
    await the.page.evaluate(() => { globalThis.tasks.length = 0; });
  }
  if (seen.some(({ parts }) => parts.length !== names.length)) throw new Error('a worker is missing, or is left over');
  if (the.log.some(({ type }) => type === 'pageerror' || type === 'error')) throw new Error(`the page failed: ${JSON.stringify(the.log)}`);
  if (losses.length > 0) console.log(`\n${losses.length} devices were lost; training went on after ${Math.max(...losses).toFixed(1)} s at most.`);
  if (losses.some((seconds) => seconds > MOST_SECONDS)) throw new Error(`more than ${MOST_SECONDS} s without training`);
  const growth = seen.at(-1).sum / seen[FIRST_MINUTES - 1].sum;
  console.log(`\nThe end is ${growth.toFixed(3)} of what was there after minute ${FIRST_MINUTES}.`);
  if (growth > MOST_GROWTH) throw new Error(`more than ${MOST_GROWTH}`);
} catch (error) {
  console.error(`memory: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser.close();
  await server.close();
}
