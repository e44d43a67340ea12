//! Time against size, drawn as an SVG with logarithmic axes.

use std::fmt::Write as _;
use std::path::Path;

use super::{ROUNDS, SHAPES, measure, print};

/// How many steps, calls, conditions or arms.
const SIZES: [usize; 7] = [100, 300, 1_000, 3_000, 10_000, 30_000, 100_000];
/// Larger programs of the shapes beside the first are not measured.
const OTHERS_UP_TO: usize = 10_000;
const COLOURS: [&str; 7] = ["#1f5fbf", "#c2410c", "#15803d", "#7e22ce", "#b45309", "#0e7490", "#be123c"];

const LEFT: f64 = 70.0;
const TOP: f64 = 20.0;
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 320.0;

/// Measures every shape and draws what was measured.
pub(crate) fn draw(file: &Path) -> std::io::Result<()> {
    let mut svg = frame();
    for ((name, make), (colour, row)) in SHAPES.iter().zip(COLOURS.iter().zip(0_u32..)) {
        let mut points = String::new();
        for size in SIZES {
            if row > 0 && size > OTHERS_UP_TO {
                break;
            }
            let measured = measure(make(size), if size > OTHERS_UP_TO { 2 } else { ROUNDS });
            print(&format!("{size} {name}"), &measured);
            let (x, y) = (across(size as f64), up(measured.fastest.as_secs_f64() * 1e3));
            let _ = write!(points, "{x:.1},{y:.1} ");
            let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{colour}\"/>");
        }
        let _ = writeln!(svg, "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>");
        let y = TOP + 14.0 + 16.0 * f64::from(row);
        let _ = writeln!(svg, "<text x=\"{:.0}\" y=\"{y:.0}\" fill=\"{colour}\">{name}</text>", LEFT + 12.0);
    }
    svg.push_str("</svg>\n");
    std::fs::write(file, svg)
}

/// From 100 to 100,000.
fn across(size: f64) -> f64 {
    LEFT + WIDTH * (size.log10() - 2.0) / 3.0
}

/// From 1 ms to 10 s.
fn up(milliseconds: f64) -> f64 {
    TOP + HEIGHT * (1.0 - milliseconds.max(1.0).log10() / 4.0)
}

fn frame() -> String {
    let (right, bottom) = (LEFT + WIDTH, TOP + HEIGHT);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {:.0}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        right + 30.0,
        bottom + 50.0
    );
    for size in [100, 1_000, 10_000, 100_000] {
        let x = across(f64::from(size));
        let _ = writeln!(svg, "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"#ddd\"/>");
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{size}</text>", bottom + 18.0);
    }
    for (milliseconds, label) in
        [(1.0, "1 ms"), (10.0, "10 ms"), (100.0, "100 ms"), (1_000.0, "1 s"), (10_000.0, "10 s")]
    {
        let y = up(milliseconds);
        let _ = writeln!(svg, "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>");
        let _ = writeln!(svg, "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>", LEFT - 8.0, y + 4.0);
    }
    let title = "time of one check against the number of steps, calls, conditions, assignments or arms";
    let _ = writeln!(svg, "<text x=\"{LEFT}\" y=\"{:.0}\">{title}</text>", bottom + 38.0);
    svg
}
