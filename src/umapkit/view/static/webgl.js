// Points by WebGL 2: positions and colours in row order, what is drawn and when by an index buffer.
// The fourth byte of a colour says how a point is drawn: 0 faded, 128 plain, 255 found.

const VERTEX = `#version 300 es
layout(location = 0) in vec2 place;
layout(location = 1) in vec4 color;
uniform vec2 middle;
uniform vec2 zoom;
uniform float size;
uniform float opacity;
out vec4 paint;
out float width;
void main() {
  gl_Position = vec4((place - middle) * zoom, 0.0, 1.0);
  bool found = color.a > 0.75;
  bool faded = color.a < 0.25;
  width = size * (found ? 1.4 : 1.0);
  // One pixel more on either side for the soft edge; points under a pixel keep it and pale.
  gl_PointSize = max(width, 1.0) + 2.0;
  float strength = min(1.0, width * width) * (found ? 1.0 : faded ? 0.35 * opacity : opacity);
  paint = vec4(color.rgb, strength);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 paint;
in float width;
out vec4 result;
void main() {
  float radius = 0.5 * max(width, 1.0);
  float away = length(gl_PointCoord - 0.5) * (2.0 * radius + 2.0);
  float cover = clamp(radius + 0.5 - away, 0.0, 1.0) * paint.a;
  if (cover <= 0.0) discard;
  result = vec4(paint.rgb * cover, cover);
}`;

class WebGLPoints {
  static create(canvas, xy) {
    const gl = canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true });
    if (!gl) return null;
    try {
      return new WebGLPoints(canvas, gl, xy);
    } catch (error) {
      // A driver that offers WebGL 2 and then refuses the program.
      console.info(String(error));
      return null;
    }
  }

  constructor(canvas, gl, xy) {
    this.canvas = canvas;
    this.gl = gl;
    this.xy = xy;
    this.colors = null;
    this.order = new Uint32Array(0);
    this.prepare();
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.prepare();
      if (this.colors) this.paint(this.colors, this.order);
      if (this.last) this.draw(...this.last);
    });
  }

  prepare() {
    const gl = this.gl;
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error("The WebGL program does not link: " + gl.getProgramInfoLog(program));
    }
    gl.useProgram(program);
    this.at = {};
    for (const name of ["middle", "zoom", "size", "opacity"]) {
      this.at[name] = gl.getUniformLocation(program, name);
    }
    const places = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, places);
    gl.bufferData(gl.ARRAY_BUFFER, this.xy, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    this.colorBuffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.colorBuffer);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribPointer(1, 4, gl.UNSIGNED_BYTE, true, 0, 0);
    this.orderBuffer = gl.createBuffer();
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.orderBuffer);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  paint(colors, order) {
    const gl = this.gl;
    this.colors = colors;
    this.order = order;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.colorBuffer);
    gl.bufferData(gl.ARRAY_BUFFER, colors, gl.DYNAMIC_DRAW);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.orderBuffer);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, order, gl.DYNAMIC_DRAW);
  }

  draw(view, size, opacity, paper, limit) {
    const gl = this.gl;
    const { width, height } = this.canvas;
    this.last = [view, size, opacity, paper, limit];
    gl.viewport(0, 0, width, height);
    gl.clearColor(paper[0] / 255, paper[1] / 255, paper[2] / 255, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(this.at.middle, view.x, view.y);
    gl.uniform2f(this.at.zoom, (2 * view.scale) / width, (2 * view.scale) / height);
    gl.uniform1f(this.at.size, size);
    gl.uniform1f(this.at.opacity, opacity);
    const count = Math.min(limit, this.order.length);
    gl.drawElements(gl.POINTS, count, gl.UNSIGNED_INT, 4 * (this.order.length - count));
  }
}
