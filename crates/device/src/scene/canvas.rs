//! A small painter: shapes with soft edges on an I420 picture, in coordinates of a 1280 x 720 picture whatever its size.

use openh264::formats::YUVSource;

/// Width of the coordinates that scenes are drawn in.
pub(super) const WIDTH: f32 = 1280.0;
/// Their height.
pub(super) const HEIGHT: f32 = 720.0;

/// A colour with its opacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Color {
    y: f32,
    u: f32,
    v: f32,
    alpha: f32,
}

/// An opaque colour as `0xRRGGBB`, in ITU-R BT.709 video range.
pub(super) const fn rgb(hex: u32) -> Color {
    let (r, g, b) = ((hex >> 16 & 255) as f32, (hex >> 8 & 255) as f32, (hex & 255) as f32);
    Color {
        y: 16.0 + 0.1826 * r + 0.6142 * g + 0.0620 * b,
        u: 128.0 - 0.1006 * r - 0.3386 * g + 0.4392 * b,
        v: 128.0 + 0.4392 * r - 0.3989 * g - 0.0403 * b,
        alpha: 1.0,
    }
}

impl Color {
    /// The same at another opacity.
    pub(super) const fn alpha(self, alpha: f32) -> Self {
        Self { alpha, ..self }
    }

    /// Between two colours: `share` of `other`.
    pub(super) fn mix(self, other: Self, share: f32) -> Self {
        let between = |a: f32, b: f32| a + (b - a) * share;
        Self {
            y: between(self.y, other.y),
            u: between(self.u, other.u),
            v: between(self.v, other.v),
            alpha: between(self.alpha, other.alpha),
        }
    }
}

/// Where shapes may touch the picture: left, top, right, bottom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds(pub(super) f32, pub(super) f32, pub(super) f32, pub(super) f32);

/// An I420 picture.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    scale: f32,
    planes: [Vec<u8>; 3],
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let chroma = width.div_ceil(2) * height.div_ceil(2);
        let planes = [vec![16; width * height], vec![128; chroma], vec![128; chroma]];
        Self { width, height, scale: width as f32 / WIDTH, planes }
    }

    /// Becomes the other, which has the same size.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.planes.iter_mut().zip(&other.planes).for_each(|(to, from)| to.copy_from_slice(from));
    }

    pub(super) fn luma_mut(&mut self) -> &mut [u8] {
        &mut self.planes[0]
    }

    /// Paints what `distance` says: the signed distance of a point to the shape's edge, negative inside. A pixel through
    /// which the edge runs is painted in part.
    pub(super) fn fill(&mut self, bounds: Bounds, color: Color, distance: impl Fn(f32, f32) -> f32) {
        self.shade(bounds, |x, y, pixel| (color, (0.5 - distance(x, y) / pixel).clamp(0.0, 1.0)));
    }

    /// Paints what `paint` says at each point, given the width of a pixel: a colour, and how much of it.
    pub(super) fn shade(&mut self, bounds: Bounds, paint: impl Fn(f32, f32, f32) -> (Color, f32)) {
        for (i, plane) in self.planes.iter_mut().enumerate() {
            let shrink = if i == 0 { 1 } else { 2 };
            let (width, height) = (self.width.div_ceil(shrink), self.height.div_ceil(shrink));
            let scale = self.scale / shrink as f32;
            let pixel = 1.0 / scale;
            let span = |low: f32, high: f32, max: usize| {
                let low = (low * scale - 1.0).max(0.0) as usize;
                low..((high * scale + 2.0).max(0.0) as usize).min(max).max(low)
            };
            let columns = span(bounds.0, bounds.2, width);
            for row in span(bounds.1, bounds.3, height) {
                let y = (row as f32 + 0.5) * pixel;
                let Some(line) = plane.get_mut(row * width..(row + 1) * width) else { continue };
                for (column, level) in line.iter_mut().enumerate().take(columns.end).skip(columns.start) {
                    let (color, share) = paint((column as f32 + 0.5) * pixel, y, pixel);
                    let share = share * color.alpha;
                    if share > 0.0 {
                        let target = [color.y, color.u, color.v][i];
                        *level = (f32::from(*level) + (target - f32::from(*level)) * share + 0.5) as u8;
                    }
                }
            }
        }
    }

    /// An axis-parallel box with round corners.
    pub(super) fn rect(&mut self, x: f32, y: f32, width: f32, height: f32, radius: f32, color: Color) {
        let (half_w, half_h) = (width / 2.0, height / 2.0);
        let (cx, cy) = (x + half_w, y + half_h);
        self.fill(Bounds(x, y, x + width, y + height), color, |px, py| {
            let (dx, dy) = ((px - cx).abs() - half_w + radius, (py - cy).abs() - half_h + radius);
            dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - radius
        });
    }

    pub(super) fn circle(&mut self, x: f32, y: f32, radius: f32, color: Color) {
        self.fill(Bounds(x - radius, y - radius, x + radius, y + radius), color, |px, py| (px - x).hypot(py - y) - radius);
    }

    pub(super) fn ellipse(&mut self, x: f32, y: f32, rx: f32, ry: f32, color: Color) {
        self.fill(Bounds(x - rx, y - ry, x + rx, y + ry), color, |px, py| {
            (((px - x) / rx).hypot((py - y) / ry) - 1.0) * rx.min(ry)
        });
    }

    /// A thick line with round ends: limbs, branches, cables.
    pub(super) fn line(&mut self, from: (f32, f32), to: (f32, f32), thickness: f32, color: Color) {
        let r = thickness / 2.0;
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let square = (dx * dx + dy * dy).max(1e-6);
        let bounds = Bounds(from.0.min(to.0) - r, from.1.min(to.1) - r, from.0.max(to.0) + r, from.1.max(to.1) + r);
        self.fill(bounds, color, |x, y| {
            let along = (((x - from.0) * dx + (y - from.1) * dy) / square).clamp(0.0, 1.0);
            (x - from.0 - along * dx).hypot(y - from.1 - along * dy) - r
        });
    }

    /// A convex polygon, its corners clockwise on the screen.
    pub(super) fn convex(&mut self, corners: &[(f32, f32)], color: Color) {
        let fold = |pick: fn(&(f32, f32)) -> f32, by: fn(f32, f32) -> f32, start: f32| corners.iter().map(pick).fold(start, by);
        let (left, right) = (fold(|c| c.0, f32::min, f32::MAX), fold(|c| c.0, f32::max, f32::MIN));
        let (top, bottom) = (fold(|c| c.1, f32::min, f32::MAX), fold(|c| c.1, f32::max, f32::MIN));
        self.fill(Bounds(left, top, right, bottom), color, |x, y| {
            let next = corners.iter().cycle().skip(1);
            let sides = corners.iter().zip(next).map(|(a, b)| {
                let (dx, dy) = (b.0 - a.0, b.1 - a.1);
                ((x - a.0) * dy - (y - a.1) * dx) / dx.hypot(dy).max(1e-6)
            });
            sides.fold(f32::MIN, f32::max)
        });
    }

    /// From `top` at `y0` to `bottom` at `y1`, over the whole width.
    pub(super) fn gradient(&mut self, y0: f32, y1: f32, top: Color, bottom: Color) {
        self.shade(Bounds(0.0, y0, WIDTH, y1), |_, y, pixel| {
            let inside = (0.5 + (y - y0).min(y1 - y) / pixel).clamp(0.0, 1.0);
            (top.mix(bottom, ((y - y0) / (y1 - y0)).clamp(0.0, 1.0)), inside)
        });
    }

    /// Light that fades with distance from its middle.
    pub(super) fn glow(&mut self, x: f32, y: f32, radius: f32, color: Color) {
        self.pool(x, y, radius, radius, color);
    }

    /// The same, as it falls on the ground.
    pub(super) fn pool(&mut self, x: f32, y: f32, rx: f32, ry: f32, color: Color) {
        self.shade(Bounds(x - rx, y - ry, x + rx, y + ry), |px, py, _| {
            let near = (1.0 - ((px - x) / rx).hypot((py - y) / ry)).max(0.0);
            (color, near * near)
        });
    }

    /// Light that leaves a lamp in one direction: `reach` says where it ends, seen from the lamp, `width` how wide it is there.
    pub(super) fn beam(&mut self, from: (f32, f32), reach: (f32, f32), width: f32, color: Color) {
        let length = reach.0.hypot(reach.1).max(1e-6);
        let (dx, dy) = (reach.0 / length, reach.1 / length);
        let (end_x, end_y, half) = (from.0 + reach.0, from.1 + reach.1, width / 2.0);
        let bounds =
            Bounds(from.0.min(end_x - half), from.1.min(end_y - half), from.0.max(end_x + half), from.1.max(end_y + half));
        self.shade(bounds, |x, y, _| {
            let (x, y) = (x - from.0, y - from.1);
            let (along, aside) = ((x * dx + y * dy) / length, (x * dy - y * dx).abs());
            let spread = 0.06 * width + 0.44 * width * along;
            let inside = if along > 0.0 { (1.0 - along).max(0.0) * (1.0 - aside / spread).max(0.0).sqrt() } else { 0.0 };
            (color, inside)
        });
    }
}

impl YUVSource for Canvas {
    fn dimensions(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn strides(&self) -> (usize, usize, usize) {
        (self.width, self.width.div_ceil(2), self.width.div_ceil(2))
    }

    fn y(&self) -> &[u8] {
        &self.planes[0]
    }

    fn u(&self) -> &[u8] {
        &self.planes[1]
    }

    fn v(&self) -> &[u8] {
        &self.planes[2]
    }
}
