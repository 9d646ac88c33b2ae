// What every visitor does, in three engines: load, draw, train, look at the exact flow, share, reload, import, export.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { OUT, PATIENCE_MS, servePage } from '../visit.mjs';
import { ENGINES } from './engines.mjs';

for (const [name, open] of Object.entries(ENGINES)) {
  test(`the journey in ${name}`, async (t) => {
    mkdirSync(OUT, { recursive: true });
    const server = await servePage();
    t.after(server.close);
    const the = await open();
    t.after(the.close);
    /** Waits until the page's `look` gives something, and returns it. */
    const until = async (words, look, ...args) => {
      for (const start = Date.now(); ; await delay(200)) {
        const found = await the.run(look, ...args);
        if (found) return found;
        assert.ok(Date.now() - start < PATIENCE_MS, words);
      }
    };
    const metric = (metric, least, most) => until(`${metric} is not from ${least} to ${most}`, (metric, least, most) => {
      const { value } = document.querySelector(`data[data-metric="${metric}"]`);
      return value !== '' && Number(value) >= least && Number(value) <= most;
    }, metric, least, most);
    const source = (name) => until(`the source is not ${name}`, (name) => document.getElementById('source-name').textContent === name, name);
    const says = (words) => until(`it does not say ${words}`, (words) => document.getElementById('status').textContent.includes(words), words);
    const click = (id) => the.run((id) => document.getElementById(id).click(), id);
    const ink = () => the.run(() => document.getElementById('pad').toDataURL());

    await the.goto(server.url);
    await metric('step', 20, 1e9);
    t.diagnostic(await the.run(() => document.getElementById('adapter').textContent));

    const box = await the.run(() => { const { x, y, width, height } = document.getElementById('pad').getBoundingClientRect(); return { x, y, width, height }; });
    const at = (k) => [box.x + box.width * (0.2 + 0.6 * k), box.y + box.height * (0.5 + 0.25 * Math.sin(6 * k))];
    await the.drag(Array.from({ length: 25 }, (_, k) => at(k / 24)));
    await source('your drawing');
    await metric('kl_source', 0, 0.05);
    await metric('gap', -1, 1);
    await click('exact');
    await says('the exact flow from your drawing to the Normal');
    await the.screenshot(resolve(OUT, `journey-${name.toLowerCase()}.png`));

    await until('the address has no drawing', () => location.hash.startsWith('#drawing='));
    await click('share');
    await says('The link is copied|The browser does not let'.split('|')[(await the.run(() => document.getElementById('link').open)) ? 1 : 0]);
    const [address, drawn] = [await the.run(() => location.href), await ink()];
    await the.goto('about:blank');
    await the.goto(address);
    await source('your drawing');
    await says('the exact flow from your drawing to the Normal');
    assert.equal(await ink(), drawn, 'the link draws something else');

    await the.run(() => {
      const word = document.getElementById('import-word');
      word.value = 'hi';
      word.form.requestSubmit();
    });
    await source('the word “hi”');
    await click('learned');
    await metric('kl_source', 0, 0.2);
    await until('the panels do not come', () => !document.getElementById('export').disabled);
    await until('the film strip is empty', () => [...document.querySelectorAll('.strip canvas')].every((canvas) => canvas.width > 1));
    await click('export');
    await click('export-fields');
    await until('nothing is saved', () => /is saved|cannot|no room|gives no/.test(document.getElementById('export-state').textContent));
    assert.match(await the.run(() => document.getElementById('export-state').textContent), /fields\.npz is saved/);
    assert.equal(await the.run(() => document.getElementById('alert').hidden), true, 'there is an alert');
    if (the.log) assert.deepEqual(the.log, []);
  });
}
