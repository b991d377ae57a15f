// Python for a page: its files are loaded and verified, and a worker runs them.
const find = (name) => new URL(name, import.meta.url);

export const fetchJson = async (name) => (await fetch(find(name))).json();

async function loadFile(name, { sha256 }, got) {
  const answer = await fetch(find(`runtime/${name}`));
  if (!answer.ok) throw new Error(`${name} is missing.`);
  const parts = [], reader = answer.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    got(part.value.length);
  }
  const blob = new Blob(parts);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== sha256) throw new Error(`${name} is not the file that this site was built with.`);
  if (!name.endsWith(".gz")) return [name, await blob.arrayBuffer()];
  const whole = new Response(blob.stream().pipeThrough(new DecompressionStream("gzip")));
  return [name.slice(0, -3), await whole.arrayBuffer()];
}

// `got` is told of the bytes that have come.
export async function loadFiles(runtime, got) {
  if (!isSecureContext) throw new Error("its files can be verified over https only.");
  const all = Object.entries(runtime).map(([name, file]) => loadFile(name, file, got));
  return Object.fromEntries(await Promise.all(all));
}

// `hear` has a function for each kind of message.
export function startWorker(files, hear, modules = []) {
  const worker = new Worker(find("worker.js"), { type: "module" });
  worker.onmessage = ({ data }) => hear[data.kind](data, worker);
  worker.onerror = () => hear.wrong({ message: "A worker could not be started.", alive: false });
  worker.postMessage({ kind: "start", files, modules });
  return worker;
}
