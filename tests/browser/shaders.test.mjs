// All kernels compiled by the browser's own compiler: it is stricter than the native one, and the software adapter of
// these tests runs only some of the kernels.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { consoleFaults } from './comparators.mjs';
import { shot, visits } from './visits.mjs';

const open = visits({ query: '?backend=cpu', live: false });

/** Name and text of each shader, as the page has them: printed by a program that scripts/test has built with the native tests. */
const shaders = () => JSON.parse(execFileSync(resolve(process.env.CARGO_TARGET_DIR ?? 'target', 'debug/shaders'), { encoding: 'utf8', maxBuffer: 2 ** 26 }));

/** The browser's errors for each faulty shader; shaders with f16 are compiled only if the adapter supports it. */
const judge = async (shaders) => {
  const adapter = await navigator.gpu.requestAdapter();
  const half = adapter.features.has('shader-f16');
  const device = await adapter.requestDevice({ requiredFeatures: half ? ['shader-f16'] : [] });
  const judged = shaders.filter(([, code]) => half || !code.startsWith('enable f16'));
  const faults = [];
  for (const [name, code] of judged) {
    device.pushErrorScope('validation');
    const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
    await device.popErrorScope();
    const errors = messages.filter(({ type }) => type === 'error');
    if (errors.length > 0) faults.push(`${name}: ${errors.map(({ lineNum, message }) => `line ${lineNum}: ${message}`).join('; ')}`);
  }
  device.destroy();
  return { judged: judged.length, half, faults };
};

test('a browser accepts every shader', async (t) => {
  const the = await open(t);
  const all = shaders();
  const { judged, half, faults } = await the.page.evaluate(judge, all);
  t.diagnostic(`${judged} of ${all.length} texts; shader-f16: ${half}`);
  assert.deepEqual(faults, []);
  assert.ok(judged >= 30, `${judged} texts are too few`);
  // Negative control: only a browser rejects a barrier that not all invocations reach.
  const broken = '@compute @workgroup_size(64) fn f(@builtin(local_invocation_index) i: u32) { if (i > 3u) { workgroupBarrier(); } }';
  assert.equal((await the.page.evaluate(judge, [['broken', broken]])).faults.length, 1);
});

/** Makes the software adapter look like a graphics card, so that the page uses its kernels for graphics cards. */
const disguise = () => {
  for (const name of ['vendor', 'architecture', 'device', 'description']) {
    Object.defineProperty(GPUAdapterInfo.prototype, name, { get: () => '' });
  }
  Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });
};

test('the kernels for graphics cards learn in a browser, and solve for the exact flow', async (t) => {
  const the = await open(t, { query: '?backend=gpu', prepare: disguise });
  const before = await the.metric('dual');
  assert.doesNotMatch(await the.page.locator('#adapter').innerText(), /software/);
  const optimum = await the.metric('optimum');
  await the.until('step', '>', 4);
  const after = await the.metric('dual');
  assert.ok(before < after - 0.05 && after < optimum + 0.01, `dual value ${before}, then ${after}, of ${optimum}`);
  await shot(the, 'graphics-card');
  assert.deepEqual(consoleFaults(the.log), []);
});
