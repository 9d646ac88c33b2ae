// Three browser engines behind one small interface: Chromium by playwright, Firefox by puppeteer, WebKit by its WebDriver.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import puppeteer from 'puppeteer-core';
import { Builder, Capabilities, Origin } from 'selenium-webdriver';
import { launch } from '../chromium.mjs';

const SIZE = { width: 1280, height: 900 };

/**
 * Each engine resolves to { goto, run, drag, screenshot, log, close }: `run` evaluates a function with arguments in the page,
 * `drag` draws with the mouse through points of the window, `log` has the errors of the console, or null if the engine
 * does not tell them.
 */
export const ENGINES = {
  async Chromium() {
    const browser = await launch();
    const page = await browser.newPage({ viewport: SIZE });
    return onPage(browser, page, (path) => page.screenshot({ path }));
  },

  async Firefox() {
    const browser = await puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, args: [`--width=${SIZE.width}`, `--height=${SIZE.height}`] });
    const page = await browser.newPage();
    await page.setViewport(SIZE);
    return onPage(browser, page, (path) => page.screenshot({ path }));
  },

  async WebKit() {
    const port = await freePort();
    const driver = spawn('xvfb-run', ['-a', 'WebKitWebDriver', `--port=${port}`], { stdio: 'ignore', detached: true });
    const end = () => { try { process.kill(-driver.pid); } catch {} };
    try {
      const binary = miniBrowser();
      const options = { binary, args: ['--automation', `--geometry=${SIZE.width}x${SIZE.height}`] };
      const capabilities = new Capabilities({ browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options });
      const server = `http://127.0.0.1:${port}`;
      await listens(server);
      const session = await new Builder().usingServer(server).withCapabilities(capabilities).build();
      return {
        log: null,
        goto: (address) => session.get(address),
        run: (work, ...args) => session.executeScript(`return (${work})(...arguments);`, ...args),
        drag: async ([first, ...rest]) => {
          const mouse = session.actions().move({ origin: Origin.VIEWPORT, ...place(first) }).press();
          rest.forEach((point) => mouse.move({ origin: Origin.VIEWPORT, duration: 20, ...place(point) }));
          await mouse.release().perform();
        },
        screenshot: async (path) => writeFile(path, await session.takeScreenshot(), 'base64'),
        close: async () => { await session.quit().catch(() => {}); end(); },
      };
    } catch (error) {
      end();
      throw error;
    }
  },
};

/** Debian keeps it beside its library, under a name with the version of its interface. */
function miniBrowser() {
  const folders = (path) => readdirSync(path).map((name) => `${path}/${name}`);
  const libraries = folders('/usr/lib').filter((path) => path.endsWith('-linux-gnu')).flatMap(folders);
  return libraries.map((path) => `${path}/MiniBrowser`).filter(existsSync).at(-1);
}

const place = ([x, y]) => ({ x: Math.round(x), y: Math.round(y) });

function onPage(browser, page, screenshot) {
  const log = [];
  page.on('console', (message) => { if (['error', 'warning', 'warn'].includes(message.type())) log.push(message.text()); });
  page.on('pageerror', (error) => log.push(String(error)));
  return {
    log,
    screenshot,
    goto: (address) => page.goto(address),
    // One argument: playwright passes no more.
    run: (work, ...args) => page.evaluate(`(${work})(...${JSON.stringify(args)})`),
    drag: async ([first, ...rest]) => {
      await page.mouse.move(...first);
      await page.mouse.down();
      for (const point of rest) await page.mouse.move(...point);
      await page.mouse.up();
    },
    close: () => browser.close(),
  };
}

const freePort = () => new Promise((done) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

async function listens(server) {
  for (let k = 0; k < 100; k += 1) {
    if (await fetch(`${server}/status`).catch(() => null)) return;
    await delay(100);
  }
  throw new Error('WebKitWebDriver does not answer');
}
