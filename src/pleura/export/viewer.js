// The surfaces of a study in (JSON on the canvas), a view of them out that can be turned. No library, nothing loaded.
// Axes: L, P, S of the patient in mm. On the screen x runs right, y up, z to the viewer; from the front, the patient's
// right is on the left. The same views and the same light as the picture that stands here without script.
"use strict";
(() => {
  const box = document.getElementById("view3d");
  const canvas = box.querySelector("canvas");
  const gl = canvas.getContext("webgl", { antialias: true, alpha: false });
  if (!gl) { box.dataset.state = "no webgl"; return; }
  const scene = JSON.parse(canvas.dataset.scene);
  const VIEWS = { front: [0, 0], back: [180, 0], right: [90, 0], left: [-90, 0], head: [0, 90], feet: [0, -90] };
  const LETTERS = { L: [1, 0, 0], R: [-1, 0, 0], P: [0, 1, 0], A: [0, -1, 0], H: [0, 0, 1], F: [0, 0, -1] };

  // Numbers out of the packed block: positions as uint16 steps around the middle of the box, corners, normals.
  const bytes = Uint8Array.from(atob(scene.block), (c) => c.charCodeAt(0));
  const all = new DataView(bytes.buffer);
  let at = 0;
  const take = (count) => {
    const values = new Uint16Array(count);
    for (let i = 0; i < count; i++, at += 2) values[i] = all.getUint16(at, true);
    return values;
  };
  const middle = scene.size.map((mm) => mm / 2);
  const radius = Math.hypot(...middle);

  function normalsOf(points, corners) {
    const normals = new Float32Array(points.length);
    for (let f = 0; f < corners.length; f += 3) {
      const [a, b, c] = [3 * corners[f], 3 * corners[f + 1], 3 * corners[f + 2]];
      const u = [0, 1, 2].map((i) => points[b + i] - points[a + i]);
      const v = [0, 1, 2].map((i) => points[c + i] - points[a + i]);
      const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
      for (const corner of [a, b, c]) for (let i = 0; i < 3; i++) normals[corner + i] += n[i];
    }
    return normals;  // their length is the shader's business
  }

  function buffer(kind, values) {
    const made = gl.createBuffer();
    gl.bindBuffer(kind, made);
    gl.bufferData(kind, values, gl.STATIC_DRAW);
    return made;
  }

  const surfaces = scene.surfaces.map((one) => {
    const steps = take(3 * one.vertices), corners = take(3 * one.faces);
    const points = Float32Array.from(steps, (value, i) => value * scene.step - middle[i % 3]);
    return {
      ...one,
      shown: true,
      colour: one.colour.map((value) => value / 255),
      points: buffer(gl.ARRAY_BUFFER, points),
      normals: buffer(gl.ARRAY_BUFFER, normalsOf(points, corners)),
      corners: buffer(gl.ELEMENT_ARRAY_BUFFER, corners),
    };
  });

  // Lungs are glass: faint where one looks at them straight, dense at their rim.
  const program = gl.createProgram();
  const shader = (kind, text) => {
    const made = gl.createShader(kind);
    gl.shaderSource(made, text);
    gl.compileShader(made);
    gl.attachShader(program, made);
  };
  shader(gl.VERTEX_SHADER, `
    attribute vec3 point; attribute vec3 normal;
    uniform mat3 axes; uniform vec3 scale; uniform vec2 shift;
    varying vec3 n;
    void main() {
      vec3 p = axes * point;
      n = axes * normal;
      gl_Position = vec4(p.xy * scale.xy + shift, -p.z * scale.z, 1.0);
    }`);
  shader(gl.FRAGMENT_SHADER, `
    precision mediump float;
    uniform vec3 colour; uniform vec3 light; uniform vec3 glass; uniform bool solid;
    varying vec3 n;
    void main() {
      vec3 m = normalize(n);
      float lit = clamp(dot(m, light), 0.0, 1.0);
      if (solid) gl_FragColor = vec4(colour * (0.45 + 0.55 * lit), 1.0);
      else gl_FragColor = vec4(colour * (0.6 + 0.4 * lit), glass.x + glass.y * pow(1.0 - clamp(m.z, 0.0, 1.0), glass.z));
    }`);
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) { box.dataset.state = "no shader"; return; }
  gl.useProgram(program);
  const where = (name) => gl.getUniformLocation(program, name);
  const places = { point: gl.getAttribLocation(program, "point"), normal: gl.getAttribLocation(program, "normal") };
  gl.uniform3fv(where("light"), JSON.parse(canvas.dataset.light));
  gl.uniform3fv(where("glass"), JSON.parse(canvas.dataset.glass));
  gl.enable(gl.DEPTH_TEST);
  gl.enable(gl.CULL_FACE);
  gl.depthFunc(gl.LEQUAL);
  gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);

  const camera = { yaw: 0, pitch: 0, zoom: 1, shift: [0, 0] };

  function axes() {  // rows: the screen's x, y, z in L, P, S
    const [yaw, pitch] = [camera.yaw, camera.pitch].map((degrees) => degrees * Math.PI / 180);
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    return [[cy, -sy, 0], [sy * sp, cy * sp, cp], [-sy * cp, -cy * cp, sp]];
  }

  function draw() {
    const density = window.devicePixelRatio || 1;
    const [wide, high] = [canvas.clientWidth, canvas.clientHeight];
    if (!wide || !high) return;
    canvas.width = Math.round(wide * density);
    canvas.height = Math.round(high * density);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(1, 1, 1, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const rows = axes();
    const perMm = camera.zoom * 0.94 * Math.min(wide, high) / (2 * extent);  // pixels a mm
    const scale = [2 * perMm / wide, 2 * perMm / high, 1 / (radius * 1.01)];
    gl.uniformMatrix3fv(where("axes"), false, [0, 1, 2].flatMap((c) => rows.map((row) => row[c])));
    gl.uniform3fv(where("scale"), scale);
    gl.uniform2fv(where("shift"), [2 * camera.shift[0] / wide, -2 * camera.shift[1] / high]);
    const shown = surfaces.filter((one) => one.shown);
    gl.disable(gl.BLEND);
    shown.filter((one) => one.solid).forEach(triangles);
    const glass = shown.filter((one) => !one.solid);
    gl.colorMask(false, false, false, false);  // of the lungs only what is nearest is painted: first find it
    glass.forEach(triangles);
    gl.colorMask(true, true, true, true);
    gl.enable(gl.BLEND);
    glass.forEach(triangles);
    letters(rows, perMm, wide, high);
  }

  function triangles(one) {
    for (const [name, values] of [["point", one.points], ["normal", one.normals]]) {
      gl.bindBuffer(gl.ARRAY_BUFFER, values);
      gl.enableVertexAttribArray(places[name]);
      gl.vertexAttribPointer(places[name], 3, gl.FLOAT, false, 0, 0);
    }
    gl.uniform3fv(where("colour"), one.colour);
    gl.uniform1i(where("solid"), one.solid ? 1 : 0);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, one.corners);
    gl.drawElements(gl.TRIANGLES, 3 * one.faces, gl.UNSIGNED_SHORT, 0);
  }

  // R, L, A, P, H, F stand where their direction leaves the box; those that point at or away from the viewer fade.
  const extent = Math.max(...middle);
  const marks = Object.entries(LETTERS).map(([letter, direction]) => {
    const mark = document.createElement("span");
    mark.textContent = letter;
    mark.className = "mark3d";
    box.querySelector(".stage").append(mark);
    return [mark, direction];
  });
  function letters(rows, perMm, wide, high) {
    for (const [mark, direction] of marks) {
      const [x, y] = rows.map((row) => row[0] * direction[0] + row[1] * direction[1] + row[2] * direction[2]);
      const reach = 1.08 * Math.max(...direction.map((part, i) => Math.abs(part) * middle[i])) * perMm;
      const inside = (value, limit) => Math.max(9, Math.min(limit - 9, value));
      mark.style.left = inside(wide / 2 + x * reach + camera.shift[0], wide) + "px";
      mark.style.top = inside(high / 2 - y * reach + camera.shift[1], high) + "px";
      mark.style.opacity = Math.max(0, Math.hypot(x, y) - 0.3) / 0.7;
    }
  }

  let waiting = false;
  const redraw = () => {
    if (!waiting) requestAnimationFrame(() => { waiting = false; draw(); });
    waiting = true;
  };
  const look = (name) => {
    [camera.yaw, camera.pitch] = VIEWS[name];
    camera.zoom = 1;
    camera.shift = [0, 0];
    redraw();
  };
  const turn = (right, down) => {
    camera.yaw = (camera.yaw + right) % 360;
    camera.pitch = Math.max(-90, Math.min(90, camera.pitch + down));
    redraw();
  };
  const magnify = (factor) => { camera.zoom = Math.max(0.5, Math.min(12, camera.zoom * factor)); redraw(); };

  // One finger or the mouse turns; with shift, the right button or two fingers it moves; wheel and pinch magnify.
  const fingers = new Map();
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    if (fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const apart = (a) => Math.hypot(a[0] - other[0], a[1] - other[1]) || 1;
      magnify(apart(now) / apart(before));
      camera.shift = [camera.shift[0] + dx / 2, camera.shift[1] + dy / 2];
    } else if (event.shiftKey || event.buttons === 2) {
      camera.shift = [camera.shift[0] + dx, camera.shift[1] + dy];
      redraw();
    } else turn(0.5 * dx, 0.5 * dy);
    fingers.set(event.pointerId, now);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => fingers.delete(event.pointerId));
  }
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== canvas) return;  // the page scrolls until the view is clicked
    event.preventDefault();
    magnify(Math.exp(-event.deltaY / 500));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const act = {
      ArrowLeft: () => turn(-10, 0), ArrowRight: () => turn(10, 0), ArrowUp: () => turn(0, -10),
      ArrowDown: () => turn(0, 10), "+": () => magnify(1.2), "-": () => magnify(1 / 1.2), 0: () => look("front"),
    }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  for (const button of box.querySelectorAll("button[data-look]")) {
    button.addEventListener("click", () => look(button.dataset.look));
  }
  for (const input of box.querySelectorAll("input[data-surface]")) {
    const one = surfaces.find((surface) => surface.name === input.dataset.surface);
    input.addEventListener("change", () => { one.shown = input.checked; redraw(); });
  }
  canvas.addEventListener("webglcontextlost", () => { box.dataset.state = "context lost"; });
  window.addEventListener("resize", redraw);

  // A link may name what is looked at: report.html#look=left&hide=right-lung,left-lung
  const asked = new URLSearchParams(location.hash.slice(1));
  for (const input of box.querySelectorAll("input[data-surface]")) {
    input.checked = !(asked.get("hide") || "").split(",").includes(input.dataset.surface);
    input.dispatchEvent(new Event("change"));
  }
  box.dataset.state = "ready";
  look(Object.hasOwn(VIEWS, asked.get("look")) ? asked.get("look") : "front");
  draw();
})();
