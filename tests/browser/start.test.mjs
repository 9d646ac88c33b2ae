// A start that fails says what is wrong with the server or the browser, in words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consoleFaults } from './comparators.mjs';
import { visits, shot } from './visits.mjs';

const open = visits({ query: '?backend=cpu', live: false });

/** Opens the page with another answer to requests of `pattern`; returns the alert's text. */
async function alertOf(t, pattern, answer, options) {
  const the = await open(t, { answer: [pattern, answer], ...options });
  const alert = the.page.getByRole('alert');
  await alert.waitFor();
  const text = await alert.innerText();
  assert.doesNotMatch(text, /JsValue|\.rs|wasm-function|undefined|current/, 'raw words, or blame of the browser');
  return { the, text };
}

test('a program that is not there, not given or mislabelled is named', async (t) => {
  const missing = await alertOf(t, '**/*page*_bg.wasm', (route) => route.fulfill({ status: 404, body: 'none' }));
  assert.match(missing.text, /The program could not start\.\s+The server does not give the file flowsketch-page-\w+_bg\.wasm \(404\)/);
  await shot(missing.the, 'start-missing');
  const script = await alertOf(t, '**/flowsketch-page*.js', (route) => route.fulfill({ status: 404, body: 'none' }));
  assert.match(script.text, /The server does not give the file flowsketch-page-\w+\.js \(404\)/);
  const mislabelled = await alertOf(t, '**/flowsketch-page*.js', (route) => route.fulfill({ status: 200, contentType: 'text/plain', body: '' }));
  assert.match(mislabelled.text, /calls the file flowsketch-page-\w+\.js text\/plain, not javascript: its settings are wrong/);
  const blocked = await alertOf(t, '**/*page*_bg.wasm', (route) => route.abort());
  assert.match(blocked.text, /could not be fetched: the network or a program that blocks requests/);
});

test('a browser without WebAssembly is told so; a server that calls the program by another type does no harm', async (t) => {
  const none = await open(t, { prepare: () => { delete globalThis.WebAssembly; } });
  assert.match(await none.page.getByRole('alert').innerText(), /This browser has no WebAssembly, or it is turned off\./);
  const the = await open(t, { answer: ['**/*page*_bg.wasm', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), 'content-type': 'application/octet-stream' } });
  }] });
  await the.until('step', '>', 0);
});

test('a worker whose script is missing is named, and the pad still draws', async (t) => {
  const { the, text } = await alertOf(t, '**/flowsketch-training-worker*', (route) => route.fulfill({ status: 404, body: 'none' }));
  assert.match(text, /worker failed/);
  assert.match(text, /could not be loaded|Failed to execute/);
  await the.source('2spirals');
});

test('the page allows no inline script but its own', async (t) => {
  const the = await open(t);
  await the.until('step', '>', 0);
  const policy = await the.page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  assert.match(policy, /script-src 'self' 'sha256-[\w+/=]+' 'wasm-unsafe-eval'/);
  assert.doesNotMatch(policy, /unsafe-inline/);
  const refused = await the.page.evaluate(() => {
    const script = Object.assign(document.createElement('script'), { textContent: 'globalThis.injected = true;' });
    document.head.append(script);
    return globalThis.injected === undefined;
  });
  assert.ok(refused, 'an injected script ran');
});

/** The page in a sandboxed frame of another page. */
async function framed(t, sandbox) {
  const the = await open(t, {
    answer: ['**/host.html', (route) => route.fulfill({ contentType: 'text/html', body: `<iframe sandbox="${sandbox}" src="./?backend=cpu" width="900" height="700"></iframe>` })],
  });
  await the.page.goto(`${the.origin}host.html`);
  return the.page.frameLocator('iframe');
}

test('in a sandboxed frame the page runs, or says what the frame must allow', async (t) => {
  const runs = await framed(t, 'allow-scripts allow-same-origin');
  await runs.locator('data[data-metric="step"]:not([value=""])').waitFor({ state: 'attached' });
  // Without an origin the browser fetches no module for it.
  const bare = await framed(t, 'allow-scripts');
  await bare.getByText('In a sandboxed frame it needs allow-scripts and allow-same-origin.').waitFor();
});

test('isolated from other origins, and with a storage that is refused, the page and its panels run', async (t) => {
  const the = await open(t, {
    prepare: () => { Object.defineProperty(globalThis, 'localStorage', { get: () => { throw new DOMException('refused for the test', 'SecurityError'); } }); },
    answer: ['**/*', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' } });
    }],
  });
  assert.ok(await the.page.evaluate(() => globalThis.crossOriginIsolated));
  await the.until('step', '>', 5);
  await the.page.locator('#over').waitFor();
  await the.button('Keys').click();
  await the.page.getByLabel('Letters, digits and signs are keys').uncheck();
  assert.deepEqual(consoleFaults(the.log), []);
});

test('an adapter that does not answer is not waited for, and takes the run over when it does', async (t) => {
  const the = await open(t, { query: '?preset=moons', prepare: () => {
    // A graphics card, as far as the page can see.
    Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });
    for (const name of ['vendor', 'architecture', 'device', 'description']) Object.defineProperty(GPUAdapterInfo.prototype, name, { get: () => '' });
    const ask = GPU.prototype.requestAdapter;
    const answered = new Promise((answer) => { globalThis.answer = answer; });
    GPU.prototype.requestAdapter = async function (options) {
      await answered;
      return ask.call(this, options);
    };
  } });
  await the.until('step', '>', 30);
  assert.match(await the.page.locator('#adapter').innerText(), /^this processor, .* the graphics adapter has not answered for four seconds/);
  // A worker sends its weights every few seconds.
  await the.page.waitForTimeout(4_000);
  const step = await the.metric('step');
  await the.page.evaluate(() => globalThis.answer());
  await the.page.waitForFunction(() => !/this processor/.test(document.getElementById('adapter')?.textContent));
  const after = await the.metric('step');
  assert.ok(after > 30, `step ${after}, after ${step}: it began again`);
  await the.until('step', '>', after);
  await shot(the, 'start-late-adapter');
});
