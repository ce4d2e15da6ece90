//! A street by day and by night.

use super::actors::{Car, Clothes, Light, Person, along, tree};
use super::canvas::{Bounds, Canvas, Color, HEIGHT, WIDTH, rgb};

const FAR_WALK: f32 = 408.0;
const ROAD: f32 = 444.0;
const NEAR_WALK: f32 = 612.0;

/// Where lamp posts stand on the far side.
const LAMPS: [f32; 4] = [150.0, 480.0, 810.0, 1140.0];

/// Left edge, width, height of the front, colour.
const HOUSES: [(f32, f32, f32, u32); 7] = [
    (-20.0, 210.0, 232.0, 0xc9_a2_84),
    (190.0, 170.0, 292.0, 0x9f_b2_ba),
    (360.0, 220.0, 214.0, 0xd9_c4_96),
    (580.0, 160.0, 320.0, 0xb0_86_76),
    (740.0, 210.0, 250.0, 0x8c_a6_94),
    (950.0, 170.0, 300.0, 0xd4_b2_a2),
    (1120.0, 190.0, 226.0, 0xa9_a0_b8),
];

pub(super) fn still(canvas: &mut Canvas, light: Light) {
    sky(canvas, light);
    for (i, house) in HOUSES.into_iter().enumerate() {
        self::house(canvas, i, house, light);
    }
    let walk = light.on(rgb(0xb4_b0_a8));
    canvas.rect(0.0, FAR_WALK - 8.0, WIDTH, ROAD - FAR_WALK + 8.0, 0.0, walk);
    canvas.rect(0.0, ROAD - 7.0, WIDTH, 7.0, 0.0, light.on(rgb(0x8c_88_82)));
    canvas.gradient(ROAD, NEAR_WALK, light.on(rgb(0x5c_60_66)), light.on(rgb(0x4a_4e_54)));
    for dash in 0u8..12 {
        canvas.rect(20.0 + 112.0 * f32::from(dash), 520.0, 58.0, 5.0, 1.0, light.on(rgb(0xe8_e4_d4)));
    }
    canvas.gradient(NEAR_WALK, HEIGHT, light.on(rgb(0xc0_bb_b0)), light.on(rgb(0xa8_a2_98)));
    canvas.rect(0.0, NEAR_WALK, WIDTH, 9.0, 0.0, light.on(rgb(0x90_8c_84)));
    let joint = light.on(rgb(0x94_8e_84));
    for slab in 0u8..14 {
        let x = 100.0 * f32::from(slab);
        canvas.line((x, NEAR_WALK + 10.0), (x + (x - 640.0) * 0.18, HEIGHT), 2.0, joint);
    }
    canvas.line((0.0, 660.0), (WIDTH, 660.0), 2.0, joint);
    for (x, size) in [(318.0, 170.0), (648.0, 150.0), (1010.0, 180.0)] {
        tree(canvas, x, FAR_WALK + 14.0, size, light);
    }
    LAMPS.iter().for_each(|x| lamp(canvas, *x, light));
}

fn sky(canvas: &mut Canvas, light: Light) {
    match light {
        Light::Day => {
            canvas.gradient(0.0, 400.0, rgb(0x5a_9a_d8), rgb(0xdc_ea_f2));
            canvas.glow(1060.0, 70.0, 190.0, rgb(0xff_f6_d8));
            canvas.circle(1060.0, 70.0, 34.0, rgb(0xff_fb_ec));
        }
        Light::Night => {
            canvas.gradient(0.0, 400.0, rgb(0x06_0c_20), rgb(0x2a_2c_4c));
            let mut seed = 7u32;
            for _ in 0..70 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (x, y) = ((seed >> 8 & 0x7ff) as f32 * 0.63, (seed >> 20 & 0xff) as f32 * 0.75);
                canvas.circle(x, y, 1.1 + (seed >> 29) as f32 * 0.12, rgb(0xf0_f4_ff).alpha(0.8));
            }
            canvas.glow(1060.0, 80.0, 120.0, rgb(0xd8_e0_ff).alpha(0.5));
            canvas.circle(1060.0, 80.0, 30.0, rgb(0xf2_f0_e2));
            canvas.circle(1050.0, 74.0, 6.0, rgb(0xd6_d4_c8));
            canvas.circle(1070.0, 88.0, 8.0, rgb(0xda_d8_cc));
        }
    }
}

fn house(canvas: &mut Canvas, number: usize, (x, width, height, color): (f32, f32, f32, u32), light: Light) {
    let top = FAR_WALK - height;
    let front = light.on(rgb(color));
    let trim = front.mix(rgb(0xff_ff_ff), if light == Light::Day { 0.35 } else { 0.08 });
    canvas.rect(x, top, width, height, 0.0, front);
    canvas.shade(Bounds(x, top, x + width, FAR_WALK), |px, _, _| (rgb(0), 0.16 * ((px - x) / width).clamp(0.0, 1.0)));
    canvas.rect(x - 5.0, top - 7.0, width + 10.0, 12.0, 2.0, front.mix(rgb(0x20_18_18), 0.4));
    if number.is_multiple_of(2) {
        let roof = light.on(rgb(0x7c_48_3c));
        canvas.convex(
            &[(x + 14.0, top - 7.0), (x + 34.0, top - 44.0), (x + width - 34.0, top - 44.0), (x + width - 14.0, top - 7.0)],
            roof,
        );
        canvas.rect(x + width - 66.0, top - 66.0, 20.0, 34.0, 1.0, roof.mix(rgb(0), 0.3));
    }
    let columns = (width / 46.0) as usize;
    let rows = ((height - 92.0) / 54.0) as usize;
    for row in 0..rows {
        for column in 0..columns {
            let step = width / columns as f32;
            let (wx, wy) = (x + step * (column as f32 + 0.5) - 13.0, top + 18.0 + 54.0 * row as f32);
            let lit = (number * 7 + row * 5 + column * 3).is_multiple_of(4);
            let glass = match light {
                Light::Day => rgb(0x5c_7c_94).mix(rgb(0xc8_e0_ee), 0.25 * ((row + column) % 3) as f32),
                Light::Night if lit => rgb(0xff_d0_7c),
                Light::Night => rgb(0x16_1e_30),
            };
            canvas.rect(wx - 3.0, wy - 3.0, 32.0, 40.0, 1.0, trim);
            canvas.rect(wx, wy, 26.0, 34.0, 0.0, glass);
            canvas.rect(wx + 12.0, wy, 2.0, 34.0, 0.0, trim);
            canvas.rect(wx - 5.0, wy + 36.0, 36.0, 4.0, 1.0, trim);
            if light == Light::Night && lit {
                canvas.glow(wx + 13.0, wy + 17.0, 44.0, rgb(0xff_c8_70).alpha(0.28));
            }
        }
    }
    shop(canvas, number, x, width, light);
}

fn shop(canvas: &mut Canvas, number: usize, x: f32, width: f32, light: Light) {
    let glass = match light {
        Light::Day => rgb(0x38_50_60),
        Light::Night if number % 3 == 1 => rgb(0xff_e2_a4),
        Light::Night => rgb(0x18_20_30),
    };
    canvas.rect(x + 12.0, 344.0, width - 24.0, 56.0, 2.0, light.on(rgb(0x4c_40_38)));
    canvas.rect(x + 16.0, 348.0, width - 70.0, 46.0, 1.0, glass);
    canvas.rect(x + width - 48.0, 350.0, 30.0, 50.0, 1.0, glass.mix(rgb(0), 0.25));
    canvas.circle(x + width - 23.0, 376.0, 2.2, light.on(rgb(0xe8_d0_88)));
    let (bright, deep) = [(0xe0_5c_4c, 0xb8_40_36), (0x48_90_c0, 0x34_70_9c), (0x5c_a0_60, 0x44_80_4a)][number % 3];
    let stripes = ((width - 16.0) / 18.0) as usize;
    for stripe in 0..stripes {
        let color = if stripe % 2 == 0 { rgb(bright) } else { rgb(deep).mix(rgb(0xff_ff_ff), 0.75) };
        let left = x + 8.0 + 18.0 * stripe as f32;
        canvas.rect(left, 330.0, 18.0, 20.0, 0.0, light.on(color));
        canvas.circle(left + 9.0, 350.0, 9.0, light.on(color));
    }
    if light == Light::Night && number % 3 == 1 {
        canvas.glow(x + width / 2.0, 380.0, 150.0, rgb(0xff_d8_90).alpha(0.35));
    }
}

fn lamp(canvas: &mut Canvas, x: f32, light: Light) {
    let post = light.on(rgb(0x34_3a_40));
    canvas.line((x, ROAD - 6.0), (x, 262.0), 6.0, post);
    canvas.line((x, 262.0), (x + 26.0, 252.0), 5.0, post);
    canvas.ellipse(x + 32.0, 254.0, 14.0, 5.0, post);
    if light == Light::Night {
        canvas.beam((x + 32.0, 252.0), (0.0, 250.0), 230.0, rgb(0xff_e0_a0).alpha(0.42));
        canvas.pool(x + 32.0, ROAD + 14.0, 150.0, 44.0, rgb(0xff_dc_98).alpha(0.5));
        canvas.glow(x + 32.0, 258.0, 60.0, rgb(0xff_ec_c0));
        canvas.ellipse(x + 32.0, 257.0, 11.0, 4.0, rgb(0xff_f8_e4));
    }
}

pub(super) fn moving(canvas: &mut Canvas, t: f32, length: f32, light: Light) {
    if light == Light::Day {
        let drift = (std::f32::consts::TAU * t / length).sin() * 26.0;
        for (x, y, size) in [(180.0, 74.0, 1.0), (520.0, 48.0, 0.7), (820.0, 92.0, 0.85)] {
            cloud(canvas, x + drift * size, y, size);
        }
    }
    walk(canvas, light, along(t, length, 0.1, 1.0, -60.0, 1400.0), FAR_WALK + 18.0, 78.0, 1.0, COATS[0]);
    walk(canvas, light, along(-t, length, 0.62, 1.0, -60.0, 1400.0), FAR_WALK + 24.0, 82.0, -1.0, COATS[1]);
    walk(canvas, light, along(-t, length, 0.58, 1.0, -60.0, 1400.0), FAR_WALK + 26.0, 76.0, -1.0, COATS[2]);

    let mut car = |offset: f32, laps: f32, y: f32, length_px: f32, facing: f32, color: Color, van: bool| {
        let x = along(facing * t, length, offset, laps, -420.0, 2120.0);
        Car { x, y, length: length_px, facing, color, van }.draw(canvas, light);
    };
    car(0.15, 3.0, 506.0, 200.0, -1.0, rgb(0xc8_3c_34), false);
    car(0.66, 3.0, 506.0, 236.0, -1.0, rgb(0xe6_e2_da), true);
    car(0.30, 2.0, 592.0, 262.0, 1.0, rgb(0x2c_5c_9c), false);
    car(0.78, 2.0, 592.0, 250.0, 1.0, rgb(0xd8_a8_30), false);

    walk(canvas, light, along(t, length, 0.35, 2.0, -120.0, 1520.0), 676.0, 172.0, 1.0, COATS[3]);
    walk(canvas, light, along(-t, length, 0.2, 2.0, -120.0, 1520.0), 706.0, 186.0, -1.0, COATS[4]);
}

/// Somebody whose stride goes with the way made.
fn walk(canvas: &mut Canvas, light: Light, x: f32, y: f32, height: f32, facing: f32, clothes: Clothes) {
    let phase = facing * x / (0.155 * height);
    Person { x, y, height, facing, phase, swing: 1.0, clothes, parcel: false }.draw(canvas, light);
}

const SKIN: [Color; 2] = [rgb(0xf0_c4_a0), rgb(0xa8_74_50)];

const COATS: [Clothes; 5] = [
    Clothes { coat: rgb(0xc4_44_50), trousers: rgb(0x2c_34_48), hair: rgb(0x30_20_18), skin: SKIN[0] },
    Clothes { coat: rgb(0x3c_78_6c), trousers: rgb(0x4c_44_40), hair: rgb(0x18_14_12), skin: SKIN[1] },
    Clothes { coat: rgb(0xe8_b8_40), trousers: rgb(0x38_48_68), hair: rgb(0x6c_44_24), skin: SKIN[0] },
    Clothes { coat: rgb(0x44_60_a8), trousers: rgb(0x28_2c_34), hair: rgb(0x20_18_14), skin: SKIN[0] },
    Clothes { coat: rgb(0x8c_50_88), trousers: rgb(0x34_3c_44), hair: rgb(0x14_10_0e), skin: SKIN[1] },
];

fn cloud(canvas: &mut Canvas, x: f32, y: f32, size: f32) {
    let white = rgb(0xff_ff_ff).alpha(0.82);
    for (dx, dy, rx, ry) in [(-48.0, 6.0, 38.0, 15.0), (0.0, -6.0, 46.0, 24.0), (46.0, 5.0, 40.0, 17.0), (0.0, 10.0, 86.0, 13.0)]
    {
        canvas.ellipse(x + dx * size, y + dy * size, rx * size, ry * size, white);
    }
}
