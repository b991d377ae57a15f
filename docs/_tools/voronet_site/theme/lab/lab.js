// The laboratory: workers run Python, one to train and one to judge, so that an edit cannot harm a run, and a spare one.
// Nothing but short lists is loaded before the reader asks for it.
{
  const at = (id) => document.getElementById(`lab-${id}`);
  const here = document.currentScript.src;
  const settings = at("settings"), select = at("function"), source = at("source");
  // How long a test may take until its worker is ended.
  const PATIENCE = 20;
  // What the worker that judges has to load before, so that the first verdict is as quick as the others.
  const MODULES = ["pytest", "hypothesis"];
  // What can be moved, and added and removed.
  const KINDS = { green: "Green seed", blue: "Blue seed", points: "Point" };
  let python, functions, runtime, files, startChecking, trainer, running = false, problem, frames, curve = [], due = false;
  let waiting = false, again = false, dragging = false;
  let formulas, asked = false, stale = false;

  // The field, until the editor is in its place.
  let showSource = (text) => { source.value = text; };

  const say = (text) => { at("status").textContent = text; };

  // The address holds all that the reader has chosen.
  function readAddress() {
    for (const [name, value] of new URLSearchParams(location.search)) {
      const field = settings.elements[name], before = field?.value;
      if (field) field.value = value;
      // A list takes no other value than its own.
      if (field?.matches("select") && field.selectedIndex < 0) field.value = before;
      if (name === "edit" && functions[value]) select.value = value;
    }
  }
  function writeAddress() {
    const chosen = new URLSearchParams([...new FormData(settings)].filter(([, value]) => value));
    chosen.set("edit", select.value);
    history.replaceState(null, "", `?${chosen}${location.hash}`);
  }

  // ---- Python ----
  const startWorker = (hear, modules) => python.startWorker(files, hear, modules);

  async function boot() {
    const progress = at("progress");
    at("boot").hidden = true;
    progress.hidden = false;
    say("Python is being loaded.");
    try {
      files = await python.loadFiles(runtime, (bytes) => { progress.value += bytes; });
      startChecking(files);
      say("Python is starting.");
      startWorker(TRAINER);
    } catch (error) {
      at("boot").hidden = false;
      say(`Python cannot be started: ${error.message}`);
    }
    progress.hidden = true;
    progress.value = 0;
  }

  // ---- Training ----
  const TRAINER = {
    ready(_, worker) {
      trainer = worker;
      say("Python is ready.");
      restart();
      startWorker(JUDGE, MODULES);
    },
    problem(data) {
      // A mark that is still being moved stays under the pointer; the colours are those of the answer.
      problem = again ? { ...problem, label: data.problem.label } : data.problem;
      waiting = false;
      if (again) send();
      listMarks();
      showMark();
    },
    frames(data) {
      frames = data.frames;
      // For tests, and for readers who look at a page from its console.
      at("region").frame = frames[0];
      at("second").frame = frames[1];
      at("pictures").hidden = false;
      at("recorded").hidden = true;
      at("second").hidden = frames.length < 2;
      const step = Math.max(...frames.map((frame) => frame.step));
      while (curve.at(-1)?.[0] >= step) curve.pop();
      curve.push([step, ...frames.map((frame) => Math.log10(Math.max(frame.loss, 1e-12)))]);
      if (curve.length > 1000) curve = curve.filter((_, i) => i % 2 === 0 || i === curve.length - 1);
      if (frames.every((frame) => frame.converged)) setRunning(false, `It has converged at step ${step.toLocaleString("en")}: the gradient is small.`);
      askNumbers();
      if (!due) requestAnimationFrame(paintNext);
      due = true;
    },
    numbers({ label, html }) {
      asked = false;
      if (label === at("equation").value) at("values").innerHTML = html || NONE;
      if (stale) askNumbers();
    },
    taken({ name, content }) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([content]));
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
    },
    wrong({ message }) {
      waiting = asked = false;
      setRunning(false, message);
    },
  };

  function restart() {
    showFields();
    writeAddress();
    send();
  }

  // While a mark is moved, one answer is waited for, and only the last place is sent after it.
  function send() {
    if (!trainer || !settings.reportValidity()) return;
    again = waiting;
    if (waiting) return;
    waiting = true;
    const { speed, change, to, ...first } = Object.fromEntries(new FormData(settings));
    const other = first.optimiser === "Adam" ? "descent" : "Adam";
    const second = { ...first, [change]: change === "optimiser" ? other : to };
    setRunning(false, "");
    trainer.postMessage({ kind: "restart", all: change ? [first, second] : [first] });
    for (const button of document.querySelectorAll(".lab-trains")) button.disabled = false;
  }

  function showFields() {
    const { optimiser, change, to, beta1, beta2 } = settings.elements;
    const adam = optimiser.value === "Adam";
    for (const rate of [beta1, beta2]) rate.closest("label").hidden = !adam;
    for (const option of change.options) {
      option.disabled = !adam && option.value.startsWith("beta");
      if (option.disabled && option.selected) change.value = "";
    }
    to.disabled = !change.value || change.value === "optimiser";
    to.closest("label").hidden = to.disabled;
  }

  function setRunning(runs, text) {
    running = runs;
    at("run").textContent = runs ? "Pause" : "Train";
    at("said").textContent = text;
  }

  // At full speed the worker goes on by itself; otherwise it is asked for each picture.
  function train() {
    const steps = Number(settings.elements.speed.value);
    trainer.postMessage(steps ? { kind: "step", steps } : { kind: "run" });
  }

  function paintNext() {
    due = false;
    paint();
    trainer.postMessage({ kind: "seen" });
    if (running && settings.elements.speed.value) train();
  }

  // ---- An equation with the numbers of the run ----
  const SOON = "<p>The numbers are being put in.</p>";
  const NONE = "<p>No line: its symbols stand for what this run does not have, as earlier steps, or for no one number.</p>";

  // One answer is waited for, and what has changed meanwhile is asked for after it.
  function askNumbers() {
    if (!trainer || !at("put").open) return;
    stale = asked;
    if (asked || ![at("layer"), at("unit")].every((field) => field.reportValidity())) return;
    asked = true;
    const [kind, i] = getMark(), [layer, unit] = [at("layer"), at("unit")].map((field) => field.valueAsNumber);
    const label = at("equation").value, chosen = { sample: kind === "points" ? i + 1 : 1, layer, unit, entry: unit };
    trainer.postMessage({ kind: "putNumbers", label, formula: formulas[label], chosen });
  }

  // ---- Seeds and points ----
  const getMark = () => at("mark").value.split(" ").map((part, i) => (i ? Number(part) : part));

  function listMarks() {
    const before = at("mark").value, counts = Object.keys(KINDS).map((kind) => problem[kind].length / 2);
    if (at("mark").dataset.counts === `${counts}`) return;
    at("mark").dataset.counts = counts;
    at("mark").replaceChildren(...Object.entries(KINDS).flatMap(([kind, name], k) =>
      Array.from({ length: counts[k] }, (_, i) => new Option(`${name} ${i + 1}`, `${kind} ${i}`))));
    at("mark").value = before;
    if (!at("mark").value) at("mark").selectedIndex = 0;
  }

  function showMark() {
    const [kind, i] = getMark(), [x, y] = problem[kind].slice(2 * i, 2 * i + 2);
    [at("x").value, at("y").value] = [x, y].map((number) => Number(number.toFixed(4)));
    // A point that was just added has no colour until the answer comes.
    const coloured = kind === "points" && problem.label.length === problem.points.length / 2;
    const colour = coloured ? `, ${problem.label[i] ? "blue" : "green"}` : "";
    at("place").textContent = `${KINDS[kind]} ${i + 1} at ${at("x").value}, ${at("y").value}${colour}`;
    if (frames) paint();
    askNumbers();
  }

  // What is changed goes into the address, where four decimals are enough for the eye.
  function editPlaces(kind, edit) {
    const places = Array.from(problem[kind]);
    edit(places);
    const rounded = places.map((number) => Math.round(1e4 * Math.min(1, Math.max(0, number))) / 1e4);
    settings.elements[kind].value = rounded.join(" ");
    problem = { ...problem, [kind]: rounded };
    listMarks();
    send();
  }

  function move(x, y) {
    const [kind, i] = getMark();
    editPlaces(kind, (places) => places.splice(2 * i, 2, x, y));
    showMark();
  }

  function add(x, y) {
    const [kind] = getMark();
    editPlaces(kind, (places) => places.push(x, y));
    at("mark").value = `${kind} ${problem[kind].length / 2 - 1}`;
    showMark();
    writeAddress();
  }

  function remove() {
    const [kind, i] = getMark();
    if (problem[kind].length === 2) {
      at("said").textContent = `The last ${KINDS[kind].toLowerCase()} has to stay.`;
      return;
    }
    editPlaces(kind, (places) => places.splice(2 * i, 2));
    at("mark").value = `${kind} ${Math.min(i, problem[kind].length / 2 - 1)}`;
    showMark();
    writeAddress();
  }

  // Where the pointer is in the unit square, and the mark under it.
  function locate(event) {
    const { clientX, clientY } = event.touches?.[0] ?? event, box = at("region").getBoundingClientRect();
    const x = (clientX - box.left) / box.width, y = (box.bottom - clientY) / box.height;
    let found, least = 14 / box.width;
    for (const kind in KINDS) {
      for (let i = 0; i < problem[kind].length / 2; i++) {
        const distance = Math.hypot(problem[kind][2 * i] - x, problem[kind][2 * i + 1] - y);
        if (distance < least) [found, least] = [`${kind} ${i}`, distance];
      }
    }
    return { x, y, found };
  }

  function readPoints(text) {
    const places = [];
    for (const [i, line] of text.split(/\r?\n/).entries()) {
      const number = "([-+.\\deE]+)", pair = line.match(`^\\s*${number}\\s*[,;\\s]\\s*${number}\\s*$`);
      // An empty line, and a first one that names the columns, hold no point.
      if (!line.trim() || (i === 0 && /^\W*x\W+y\W*$/i.test(line))) continue;
      const numbers = (pair ?? []).slice(1).map(Number);
      if (!pair || !numbers.every((value) => value >= 0 && value <= 1)) {
        throw new Error(`Line ${i + 1} is “${line.slice(0, 40)}”; allowed are two numbers from 0 to 1, such as 0.25, 0.75.`);
      }
      places.push(...numbers);
    }
    const count = places.length / 2, most = Number(settings.elements.n.max);
    if (!count || count > most) throw new Error(`There are ${count} points; allowed are 1 to ${most}.`);
    return places;
  }

  function findColour() {
    const style = getComputedStyle(document.body);
    return (name) => style.getPropertyValue(`--v-${name}`).trim();
  }

  function paint() {
    if (!frames) return;
    const colour = findColour();
    paintCurve(colour);
    paintUnits(frames[0].units, colour);
    const count = problem.points.length / 2;
    const texts = frames.map((frame) => `Step ${frame.step.toLocaleString("en")}, loss ${frame.loss.toPrecision(3)}, `
      + `${frame.right} of ${count} points right`);
    at("numbers").textContent = texts.length > 1 ? `${texts[0]}. Second run: ${texts[1]}.` : texts[0];
    for (const [i, frame] of frames.entries()) {
      const region = at(i ? "second" : "region");
      paintRegion(region, frame, colour);
      region.setAttribute("aria-label", `The decision of the network over the unit square. ${texts[i]}`);
    }
  }

  // The decision and the points, and what else is drawn with the function that is returned.
  function paintDecision(canvas, decision, { points, label }, colour) {
    const [, g, size] = prepare(canvas), ratio = size / canvas.clientWidth;
    drawField(g, decision, ["green-soft", "paper", "blue-soft"].map(colour), 0, 0, size);
    const mark = (places, i, blue, width) => {
      const x = places[2 * i] * size, y = (1 - places[2 * i + 1]) * size, radius = width * ratio;
      g.beginPath();
      if (blue) g.rect(x - radius, y - radius, 2 * radius, 2 * radius);
      else g.arc(x, y, 1.1 * radius, 0, 7);
    };
    for (let i = 0; i < points.length / 2; i++) {
      mark(points, i, label[i], 3);
      g.fillStyle = colour(label[i] ? "blue" : "green");
      g.fill();
    }
    g.lineWidth = 2 * ratio;
    return [g, mark];
  }

  function paintRegion(canvas, frame, colour) {
    const [g, mark] = paintDecision(canvas, frame.region, problem, colour), [chosen, number] = getMark();
    for (const [blue, name] of ["green", "blue"].entries()) {
      g.strokeStyle = colour(name);
      for (let r = 0; r < problem[name].length / 2; r++) {
        mark(problem[name], r, blue, 7);
        g.stroke();
      }
    }
    // The chosen one has a ring.
    g.strokeStyle = colour("ink");
    mark(problem[chosen], number, false, 10);
    g.stroke();
  }

  // Values from 0 to 1 on a lattice, each in the colour between its neighbours among some.
  function drawField(g, values, colours, x, y, size) {
    const mixed = colours.map((text) => text.match(/\w\w/g).map((h) => parseInt(h, 16)));
    const side = Math.sqrt(values.length), image = new ImageData(side, side), last = mixed.length - 1;
    values.forEach((p, i) => {
      const low = Math.min(last - 1, Math.floor(p * last)), share = p * last - low;
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = mixed[low][c] * (1 - share) + mixed[low + 1][c] * share;
      image.data[4 * i + 3] = 255;
    });
    const small = new OffscreenCanvas(side, side);
    small.getContext("2d").putImageData(image, 0, 0);
    g.drawImage(small, x, y, size, size);
  }

  function paintUnits(layers, colour) {
    const widths = settings.elements.widths.value.split("-").slice(1, -1).map(Number), most = Math.max(...widths);
    // After the widths have changed, until the next answer, there is nothing to paint.
    if (!layers.length || layers.length !== widths.length) return;
    Object.assign(at("units").style, { aspectRatio: `${most} / ${widths.length}`, maxWidth: `${4 * most}rem` });
    const [, g, width] = prepare(at("units")), tile = width / most;
    for (const [k, layer] of layers.entries()) {
      const size = layer.length / widths[k];
      for (let j = 0; j < widths[k]; j++) {
        const values = layer.subarray(j * size, (j + 1) * size);
        drawField(g, values, ["paper", "accent"].map(colour), j * tile, k * tile, 0.94 * tile);
      }
    }
  }

  function paintCurve(colour) {
    const [canvas, g, width, height] = prepare(at("curve"));
    const values = curve.flatMap(([, ...losses]) => losses), last = Math.max(1, curve.at(-1)[0]);
    const low = Math.floor(Math.min(...values)), high = Math.ceil(Math.max(...values) + 1e-9);
    const up = (value) => height * (1 - (value - low) / (high - low));
    g.font = `${0.1 * height}px ${getComputedStyle(canvas).fontFamily}`;
    g.lineWidth = width / canvas.clientWidth;
    g.strokeStyle = colour("grid");
    g.fillStyle = colour("muted");
    for (let power = low; power <= high; power++) g.strokeRect(0, up(power), width, 0);
    // Where the curve does not come.
    g.fillText(`1e${low}`, 0, up(low) - 0.04 * height);
    g.textAlign = "right";
    g.fillText(`1e${high}`, width, up(high) + 0.11 * height);
    g.strokeStyle = colour("accent");
    g.lineWidth *= 1.5;
    for (const run of frames.keys()) {
      g.setLineDash(run ? [4 * g.lineWidth, 3 * g.lineWidth] : []);
      g.beginPath();
      for (const [step, ...losses] of curve) g.lineTo((step / last) * width, up(losses[run]));
      g.stroke();
    }
    g.setLineDash([]);
    canvas.setAttribute("aria-label", `The loss, on a logarithmic axis, from step 0 to step ${last}`);
  }

  function prepare(canvas) {
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * devicePixelRatio));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const g = canvas.getContext("2d");
    g.clearRect(0, 0, width, height);
    g.textAlign = "left";
    return [canvas, g, width, height];
  }

  // ---- Judging ----
  // The first of these judges; the second is a spare one that takes its place at once.
  const judges = [];
  // For tests, which wait for both.
  at("judge").judges = judges;
  let timer, passed, failed, known, compared = [], judging = false;
  const JUDGE = {
    ready(_, worker) {
      judges.push(worker);
      at("judge").disabled = judging;
      if (judges.length < 2) startWorker(JUDGE, MODULES);
    },
    tested({ name, passed: good, message }) {
      wait();
      passed += good;
      failed += !good;
      at("verdict").textContent = `${passed} passed, ${failed} failed …`;
      if (!good) showFailure(name, message);
    },
    judged({ runs }) {
      const count = failed ? `${failed} of ${passed + failed} tests fail.` : `All ${passed} tests pass.`;
      const said = runs.length ? count : `The check ${failed ? "fails" : "passes"}.`;
      conclude(known ? `${said} This mistake is known: ${known.what}.` : said);
      compare(runs);
    },
    wrong({ message, alive }, worker) {
      if (!judging || worker !== judges[0]) say(`Python cannot judge: ${message}`);
      else if (alive) conclude(`No verdict: ${message}`);
      else renew(message);
    },
  };

  function startJudging() {
    const { source: text, mistakes, ...place } = functions[select.value];
    // Spaces and comments make no other function.
    const squeeze = (code) => code.replace(/#.*|\s/g, "");
    known = mistakes.find(({ old, new: wrong }) => squeeze(text.replace(old, () => wrong)) === squeeze(source.value));
    [passed, failed, judging] = [0, 0, true];
    at("judge").disabled = true;
    clearVerdict();
    at("verdict").textContent = "The tests are running.";
    wait();
    const kind = place.chapter ? "judgeAnswer" : "judge";
    judges[0].postMessage({ kind, name: select.value, source: source.value, ...place });
  }

  // The run with the edit, and the true one.
  function compare(runs) {
    compared = runs;
    at("compared").hidden = !runs.length;
    for (const [i, run] of runs.entries()) {
      const { error, loss, right, label } = run;
      at(`outcome-${i}`).textContent = error ?? `loss ${loss.toPrecision(3)}, ${right} of ${label.length} points right`;
      at(`brief-${i}`).hidden = Boolean(error);
    }
    paintCompared();
  }

  function paintCompared() {
    for (const [i, run] of compared.entries()) if (!run.error) paintDecision(at(`brief-${i}`), run.region, run, findColour());
  }

  function wait() {
    clearTimeout(timer);
    timer = setTimeout(() => renew(`nothing came to an end for ${PATIENCE} seconds`), 1000 * PATIENCE);
  }

  function conclude(text) {
    clearTimeout(timer);
    judging = false;
    at("judge").disabled = false;
    at("verdict").textContent = text;
  }

  function clearVerdict() {
    at("verdict").textContent = "";
    at("failures").replaceChildren();
    compare([]);
  }

  function renew(why) {
    judges.shift().terminate();
    const taken = judges.length > 0;
    conclude(`No verdict: ${why}. Python was ended, and ${taken ? "a spare one has taken over" : "is started anew"}.`);
    at("judge").disabled = !taken;
    // Where there was no spare one yet, it is on its way.
    if (taken) startWorker(JUDGE, MODULES);
  }

  function showFailure(name, message) {
    const item = document.createElement("li"), code = document.createElement("code"), said = document.createElement("pre");
    code.textContent = name;
    said.textContent = message;
    item.append(code, said);
    at("failures").append(item);
  }

  function showFunction() {
    const { source: text, mistakes, chapter } = functions[select.value];
    showSource(text);
    clearVerdict();
    at("chapter").href = `../derive/${chapter}/#exercises`;
    at("asked").hidden = !chapter;
    at("mistakes").replaceChildren(...mistakes.map(({ what, old, new: wrong }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = what;
      button.onclick = () => showSource(text.replace(old, () => wrong));
      return button;
    }));
  }

  async function open() {
    at("start").hidden = false;
    if (location.protocol === "file:") {
      say("This page was opened as a file. Python starts only where a server sends the page.");
      return;
    }
    let checker;
    [python, checker] = await Promise.all(["python.js", "checker.js"].map((name) => import(new URL(name, here))));
    [functions, runtime] = await Promise.all(["functions.json", "runtime.json"].map(python.fetchJson));
    [formulas, startChecking] = await checker.openFormulas();
    at("equation").replaceChildren(...[...at("formula").options].map((option) => option.cloneNode(true)));
    at("equation").value = "eq:unit";
    at("values").innerHTML = SOON;
    for (const [name, { chapter }] of Object.entries(functions)) at(chapter ? "exercises" : "package").append(new Option(name));
    readAddress();
    showFields();
    showFunction();
    const total = Object.values(runtime).reduce((sum, { bytes }) => sum + bytes, 0);
    at("boot").textContent = `Start Python here: ${(total / 1e6).toFixed(0)} MB`;
    at("progress").max = total;
    at("boot").hidden = total === 0;
    at("none").hidden = total > 0;
    for (const part of document.querySelectorAll(".lab")) part.hidden = false;
    // What was hidden has moved the place that the address names.
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
    // The editor is loaded when its place is seen. A site that was built without it keeps the field.
    new IntersectionObserver(async ([{ isIntersecting }], observer) => {
      if (!isIntersecting) return;
      observer.disconnect();
      const editor = await import(new URL("editor.js", here)).catch(() => undefined);
      if (editor) showSource = editor.openEditor(source, at("leave"));
    }).observe(source);
  }

  at("boot").onclick = boot;
  at("run").onclick = () => {
    setRunning(!running, "");
    if (running) train();
    else trainer.postMessage({ kind: "pause" });
  };
  for (const [id, steps] of [["step", 1], ["back", -1]]) {
    at(id).onclick = () => {
      setRunning(false, "");
      trainer.postMessage({ kind: "step", steps });
    };
  }
  at("restart").onclick = restart;
  at("reset").onclick = () => {
    settings.reset();
    for (const kind in KINDS) settings.elements[kind].value = "";
    restart();
  };
  at("share").onclick = async () => {
    const copied = await navigator.clipboard.writeText(location.href).then(() => true, () => false);
    at("said").textContent = copied ? "The address is copied." : "The browser does not let this page copy; the address bar has the address.";
  };
  at("script").onclick = () => trainer.postMessage({ kind: "take", what: "script", name: "run.py" });
  at("npz").onclick = () => trainer.postMessage({ kind: "take", what: "save", name: "run.npz" });
  settings.onchange = ({ target }) => {
    // Another number of points means other points.
    if (target.name === "n") settings.elements.points.value = "";
    if (target.name !== "speed") return restart();
    writeAddress();
    if (running) train();
  };
  at("mark").onchange = showMark;
  at("put").ontoggle = at("layer").onchange = at("unit").onchange = askNumbers;
  at("equation").onchange = () => {
    at("values").innerHTML = SOON;
    askNumbers();
  };
  at("look").ontoggle = () => trainer?.postMessage({ kind: "look", units: at("look").open });
  for (const id of ["x", "y"]) {
    at(id).onchange = () => {
      if (!at(id).reportValidity()) return;
      move(at("x").valueAsNumber, at("y").valueAsNumber);
      writeAddress();
    };
  }
  at("add").onclick = () => add(0.5, 0.5);
  at("remove").onclick = remove;
  at("region").onpointerdown = (event) => {
    const { found } = locate(event);
    dragging = Boolean(found) && event.button === 0;
    if (!dragging) return;
    at("region").setPointerCapture(event.pointerId);
    at("mark").value = found;
    showMark();
  };
  // A finger on a mark moves it, and elsewhere the page.
  at("region").addEventListener("touchstart", (event) => locate(event).found && event.preventDefault(), { passive: false });
  at("region").onpointermove = (event) => {
    const { x, y } = locate(event);
    if (dragging) move(x, y);
  };
  at("region").onpointerup = at("region").onpointercancel = () => {
    if (dragging) writeAddress();
    dragging = false;
  };
  at("region").ondblclick = (event) => {
    const { x, y, found } = locate(event);
    if (!found) add(x, y);
  };
  at("file").onchange = async () => {
    at("own").value = await at("file").files[0].text();
    at("use").click();
  };
  at("use").onclick = () => {
    at("refused").textContent = "";
    try {
      settings.elements.points.value = readPoints(at("own").value).join(" ");
      restart();
    } catch (error) {
      at("refused").textContent = error.message;
    }
  };
  settings.onsubmit = () => false;
  select.onchange = () => { showFunction(); writeAddress(); };
  at("restore").onclick = showFunction;
  at("judge").onclick = startJudging;
  const paintAll = () => { paint(); paintCompared(); };
  new MutationObserver(paintAll).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  addEventListener("resize", paintAll);
  open();
}
