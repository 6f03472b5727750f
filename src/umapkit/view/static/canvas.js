// Points without WebGL: discs blended into one image. Slower, the same picture but for soft edges.

class CanvasPoints {
  constructor(canvas, xy) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.xy = xy;
    this.order = new Uint32Array(0);
  }

  paint(colors, order) {
    this.colors = colors;
    this.order = order;
  }

  draw(view, size, opacity, paper, limit) {
    const { width, height } = this.canvas;
    const image = this.context.createImageData(width, height);
    const pixels = image.data;
    for (let p = 0; p < pixels.length; p += 4) {
      pixels[p] = paper[0];
      pixels[p + 1] = paper[1];
      pixels[p + 2] = paper[2];
      pixels[p + 3] = 255;
    }
    for (const i of this.order.subarray(Math.max(0, this.order.length - limit))) {
      const state = this.colors[4 * i + 3];
      const found = state === 255;
      const radius = 0.5 * size * (found ? 1.4 : 1);
      const x = (this.xy[2 * i] - view.x) * view.scale + width / 2;
      const y = height / 2 - (this.xy[2 * i + 1] - view.y) * view.scale;
      if (!(x > -radius && x < width + radius && y > -radius && y < height + radius)) continue;
      const cover = found ? 1 : state === 0 ? 0.35 * opacity : opacity;
      const top = Math.max(0, Math.ceil(y - radius - 0.5));
      const bottom = Math.min(height - 1, Math.max(Math.floor(y + radius - 0.5), Math.floor(y)));
      for (let row = Math.min(top, Math.max(0, Math.floor(y))); row <= bottom; row++) {
        const dy = row + 0.5 - y;
        const half = Math.max(0.5, Math.sqrt(Math.max(0, radius * radius - dy * dy)));
        const from = Math.max(0, Math.round(x - half));
        const to = Math.min(width, Math.max(Math.round(x + half), from + 1));
        for (let p = 4 * (row * width + from); p < 4 * (row * width + to); p += 4) {
          for (let c = 0; c < 3; c++) pixels[p + c] += (this.colors[4 * i + c] - pixels[p + c]) * cover;
        }
      }
    }
    this.context.putImageData(image, 0, 0);
  }
}
