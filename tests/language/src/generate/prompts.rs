//! Prompts.

use super::Generator;

impl Generator {
    pub(super) fn template(&mut self) {
        if self.random.one_in(3) {
            let line = self.inline();
            let text = format!("\"{line}\"");
            return self.same(&text);
        }
        let mut lines = Vec::new();
        self.prompt_lines(&mut lines, 0);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let text = self.block_text(&lines);
        self.same(&text);
    }

    fn prompt_lines(&mut self, lines: &mut Vec<String>, depth: usize) {
        for _ in 0..=self.random.below(3) {
            match self.random.below(8) {
                0 if depth < 2 => {
                    let list = self.hole(2);
                    let fit = self.random.of(&["", " fit 2000tok by priority", " fit 2 * note by age"]);
                    let tag = self.random.of(&["{each p in LISTFIT}", "  { each p in LISTFIT }"]);
                    lines.push(tag.replace("LIST", &list).replace("FIT", fit));
                    self.prompt_lines(lines, depth + 1);
                    lines.push("{end}".to_owned());
                }
                1 if depth < 2 => {
                    let condition = self.hole(2);
                    lines.push(format!("{{if {condition}}}"));
                    self.prompt_lines(lines, depth + 1);
                    if self.random.one_in(2) {
                        lines.push("{else}".to_owned());
                        self.prompt_lines(lines, depth + 1);
                    }
                    lines.push("{end}".to_owned());
                }
                2 => lines.push("{format}".to_owned()),
                3 => lines.push(String::new()),
                _ => {
                    let line = self.inline();
                    lines.push(line);
                }
            }
        }
    }

    /// Text with holes, on one line.
    fn inline(&mut self) -> String {
        let mut line = String::new();
        for _ in 0..=self.random.below(3) {
            match self.random.below(6) {
                0 => line.push_str("{{braces}} "),
                1 => line.push_str("über. "),
                2 => {
                    let hole = self.hole(1);
                    line.push_str(&format!("{{raw {hole}}}"));
                }
                3 => line.push_str("{if a}x{else}y{end}"),
                4 => line.push_str("Say it - // plainly: "),
                _ => {
                    let hole = self.hole(2);
                    line.push_str(&format!("{{{hole}}}"));
                }
            }
        }
        line
    }

    /// What stands in a hole: an expression without quotes and comments.
    fn hole(&mut self, most: usize) -> String {
        let simple = ["q.ask", "xs", "len(xs)", "xs[..3].text", "x.y[0]"];
        let more = ["a + b * 2", "xs[1..most]", "f(A { b: 1 }, [c])", "a is not empty and b in [A, B]", " spaced "];
        if most > 1 && self.random.one_in(2) { self.random.of(&more) } else { self.random.of(&simple) }.to_owned()
    }
}
