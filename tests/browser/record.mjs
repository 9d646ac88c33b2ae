// Produces what README.md and RESULTS.md show of the page: `CHROMIUM=$(scripts/chromium) node tests/browser/record.mjs`,
// after scripts/build. Prints the size of the page and its evaluations per second; writes docs/page.png.
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './chromium.mjs';
import { gzippedSize } from './comparators.mjs';
import { servePage, visit } from './visit.mjs';

const docs = resolve(dirname(fileURLToPath(import.meta.url)), '../../docs');
const MEASURED_MS = 30_000;

const [browser, server] = await Promise.all([launch(), servePage()]);
try {
  const the = await visit(browser, server.url);
  console.log(`size: ${gzippedSize(await Promise.all(the.bodies))} bytes, compressed`);
  console.log(`adapter: ${await the.page.locator('#adapter').innerText()}`);
  await the.button('Pause flow').click();
  await the.until('evaluations', '>', 200_000);
  const speed = async () => {
    const [from, start] = [await the.metric('evaluations'), Date.now()];
    await the.page.waitForTimeout(MEASURED_MS);
    return Math.round((await the.metric('evaluations') - from) / (Date.now() - start) * 1e3);
  };
  console.log(`evaluations per second, flow at rest: ${await speed()}`);
  await the.button('Play flow').click();
  console.log(`evaluations per second, flow playing: ${await speed()}`);
  await the.close();

  const shown = await visit(browser, server.url, { colorScheme: 'light' });
  await shown.slider('Time t').fill('0.35');
  await shown.until('kl_source', '<', 0.02);
  // Wait until the panels are loaded and the film strip is drawn.
  await shown.page.locator('#inspector').waitFor();
  await shown.page.waitForTimeout(3_000);
  await shown.slider('Time t').blur();
  await shown.page.mouse.move(0, 0);
  mkdirSync(docs, { recursive: true });
  await shown.page.screenshot({ path: resolve(docs, 'page.png') });
  await shown.close();
} finally {
  await browser.close();
  await server.close();
}
