// Holds the built site to budget.json: node .ci/lighthouse.mjs NODE_MODULES SITE [PAGE...]. Without pages it looks at all.
import { existsSync, globSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const [modules, site, ...named] = process.argv.slice(2);
const { default: lighthouse } = await import(resolve(modules, "lighthouse/core/index.js"));
const { launch } = await import(resolve(modules, "chrome-launcher/dist/index.js"));
const budget = JSON.parse(readFileSync(new URL("budget.json", import.meta.url)));
const pages = named.length ? named : globSync("**/index.html", { cwd: site }).map((path) => path.slice(0, -10)).sort();

// A host compresses text.
const TEXT = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };
const server = createServer((asked, answer) => {
  const path = join(site, new URL(asked.url, "http://host").pathname).replace(/\/$/, "/index.html");
  if (!existsSync(path)) return answer.writeHead(404).end();
  const kind = TEXT[extname(path)], content = readFileSync(path), head = { "cache-control": "max-age=600" };
  if (!kind) return answer.writeHead(200, head).end(content);
  answer.writeHead(200, { ...head, "content-type": `${kind}; charset=utf-8`, "content-encoding": "gzip" }).end(gzipSync(content));
}).listen(0, "127.0.0.1");
await new Promise((ready) => server.on("listening", ready));

const chrome = await launch({ chromeFlags: ["--headless=new", "--no-sandbox"] });
// Lighthouse's telephone is four times slower than a desktop of the index 1750; a slower machine is slowed down by less.
let slowdown = 4;

async function measure(page) {
  const address = `http://127.0.0.1:${server.address().port}/${page}`;
  const { lhr } = await lighthouse(address, { port: chrome.port, throttling: { cpuSlowdownMultiplier: slowdown } });
  slowdown = Math.min(4, Math.max(1, (4 * lhr.environment.benchmarkIndex) / 1750));
  return lhr;
}

function misses({ categories, audits }, page) {
  const kind = Object.keys(budget.bytes).findLast((start) => page.startsWith(start));
  const bytes = audits["total-byte-weight"].numericValue;
  return [
    ...Object.keys(budget.scores).filter((name) => categories[name].score < budget.scores[name]).map((name) => `${name} ${categories[name].score}`),
    ...Object.keys(budget.audits).filter((name) => audits[name].numericValue > budget.audits[name]).map((name) => `${name} ${audits[name].displayValue}`),
    ...(bytes > budget.bytes[kind] ? [`${bytes} bytes`] : []),
  ];
}

let wrong = 0;
await measure(pages[0]); // tells how fast the machine is
for (const page of pages) {
  let found = await measure(page);
  if (misses(found, page).length) {
    // A busy machine may have been in the way: what counts is the run in the middle of five.
    const five = [found];
    while (five.length < 5) five.push(await measure(page));
    found = five.sort((a, b) => a.categories.performance.score - b.categories.performance.score)[2];
  }
  const { categories, audits } = found, missed = misses(found, page);
  const shown = ["largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "total-byte-weight"].map((name) => Math.round(1000 * audits[name].numericValue) / 1000);
  console.log(page || "home", Math.round(100 * categories.performance.score), ...shown, `slowed ${slowdown.toFixed(1)} times`, missed.length ? `MISSED: ${missed.join(", ")}` : "");
  wrong += missed.length;
}
await chrome.kill();
server.close();
process.exitCode = wrong ? 1 : 0;
