// Runs Python apart from the page, which may end it at any time.
let python, inside, unedited, trainers = [], running = false, seen = true, units = false;

const tell = (kind, rest) => postMessage({ kind, ...rest });
const asObject = (proxy) => {
  const object = proxy.toJs({ dict_converter: Object.fromEntries });
  proxy.destroy();
  return object;
};
const show = () => {
  seen = false;
  tell("frames", { frames: trainers.map((trainer) => asObject(trainer.frame(units))) });
};

// A run that has converged before the other waits where it is, on the way back too.
const advance = (steps) => {
  const to = Math.max(...trainers.map((trainer) => trainer.t)) + steps;
  for (const trainer of trainers) trainer.advance(to - trainer.t);
};

async function start(files) {
  const load = (name) => import(URL.createObjectURL(new Blob([files[name]], { type: "text/javascript" })));
  // Pyodide asks for its parts by their names. The page has loaded and verified them.
  self.fetch = async (url) =>
    new Response(files[String(url).split("/").pop()], { headers: { "Content-Type": "application/wasm" } });
  const { loadPyodide } = await load("pyodide.mjs");
  const { default: createPyodideModule } = await load("pyodide.asm.mjs");
  python = await loadPyodide({
    createPyodideModule,
    indexURL: "/",
    // It wants a list of packages to load, and finds that this one is for its own version.
    lockFileContents: { info: { abi_version: "2026_0" }, packages: {} },
  });
  const [extractDir] = python.pyimport("site").getsitepackages();
  for (const [name, content] of Object.entries(files)) {
    if (name.endsWith(".whl")) python.unpackArchive(content, "wheel", { extractDir });
  }
  for (const name of ["tests.zip", "checker.zip"]) {
    python.unpackArchive(files[name], "zip", { extractDir: "/home/pyodide" });
  }
  // Where the checker of the equations lies.
  python.pyimport("sys").path.append("/home/pyodide/docs/_tools");
  inside = python.pyimport("in_browser");
}

// Timers wait for some milliseconds; a message of one's own does not, and lets those of the page in between.
const channel = new MessageChannel();
const breathe = () => new Promise((resolve) => {
  channel.port1.onmessage = resolve;
  channel.port2.postMessage(null);
});

async function run() {
  if (running) return;
  running = true;
  // As many steps at a time as fill a frame of the screen.
  for (let steps = 8; running;) {
    const began = performance.now();
    advance(Math.round(steps));
    if (trainers.every((trainer) => trainer.converged)) running = false;
    // Frames that nobody has time to look at are not made, except the last.
    if (seen || !running) show();
    steps *= Math.min(2, Math.max(0.5, 24 / (performance.now() - began)));
    await breathe();
  }
}

const ACTIONS = {
  async start({ files, modules }) {
    await start(files);
    for (const name of modules) python.pyimport(name).destroy();
    tell("ready");
  },
  // One run, or two from the same start.
  restart({ all }) {
    running = false;
    const before = trainers;
    trainers = all.map((settings) => inside.Trainer.callKwargs(settings));
    for (const trainer of before) trainer.destroy();
    tell("problem", { problem: asObject(trainers[0].given()) });
    show();
  },
  run,
  seen() { seen = true; },
  look(data) { units = data.units; show(); },
  pause() { running = false; show(); },
  step({ steps }) { running = false; advance(steps); show(); },
  take({ what, name }) { tell("taken", { name, content: asObject(trainers[0][what]()) }); },
  putNumbers({ label, formula, chosen }) {
    const live = python.pyimport("voronet_site.live");
    tell("numbers", { label, html: live.write_lines(trainers[0], label, python.toPy(formula), python.toPy(chosen)) });
  },
  judge({ file, first, last, indent, source }) {
    const hear = (name, passed, message) => tell("tested", { name, passed, message });
    const run = asObject(inside.judge(file, first, last, indent, source, hear));
    unedited ??= asObject(inside.train_briefly());
    tell("judged", { runs: [run, unedited] });
  },
  judgeAnswer({ chapter, name, source }) {
    inside.judge_answer(chapter, name, source, (name, passed, message) => tell("tested", { name, passed, message }));
    tell("judged", { runs: [] });
  },
  judgeFormula({ label, number, page, tex, notes = "", seed }) {
    const checker = python.pyimport("voronet_site.judge");
    tell("verdict", { verdict: asObject(checker.judge(label, number, page, tex, notes, seed)) });
  },
};

onmessage = async ({ data }) => {
  try {
    await ACTIONS[data.kind](data);
  } catch (error) {
    running = false;
    // Of Python's traceback, the line that says what is wrong.
    tell("wrong", { message: error.message.trim().split("\n").pop(), alive: error.name === "PythonError" });
  }
};
