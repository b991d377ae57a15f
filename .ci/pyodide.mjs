// The quick tests of the package in WebAssembly, on the files that the laboratory loads.
//
//     node .ci/pyodide.mjs [pytest's arguments]
import { readdirSync, readFileSync } from "node:fs";

const root = new URL("..", import.meta.url).pathname, runtime = `${root}.cache/runtime/`;
const { loadPyodide } = await import(`${runtime}pyodide.mjs`);
const python = await loadPyodide({
  indexURL: runtime,
  // It wants a list of packages to load, and finds that this one is for its own version.
  lockFileContents: { info: { abi_version: "2026_0" }, packages: {} },
  env: { HOME: "/home/pyodide", PYTHONDONTWRITEBYTECODE: "1" },
});
const [extractDir] = python.pyimport("site").getsitepackages();
for (const name of readdirSync(runtime)) {
  if (name.endsWith(".whl")) python.unpackArchive(new Uint8Array(readFileSync(runtime + name)), "wheel", { extractDir });
}
python.mountNodeFS("/voronet", root);
python.FS.chdir("/voronet");
const options = ["-q", "-o", "addopts=", "-p", "no:cacheprovider", ...process.argv.slice(2)];
process.exitCode = python.pyimport("pytest").main(python.toPy(options));
