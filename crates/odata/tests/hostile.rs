//! No text makes a rule panic, run for ever or overflow its stack: random bytes, the standard's own
//! cases broken at random, and whatever nests.

use odata::uri::{Limits, Names, recognize};

/// The rules of the OData ABNF 4.01 and of the Aggregation ABNF 4.0 that are more than punctuation
/// or a set of characters.
fn rules() -> Vec<&'static str> {
    include_str!("abnf/rules.txt").split_whitespace().collect()
}

/// Every name is anything, or nothing is.
struct All(bool);

impl Names for All {
    fn has(&self, _: &str, _: &str) -> bool {
        self.0
    }
}

/// A generator of numbers that are the same in every run (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).expect("it is below a usize")
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// Runs a rule; a text that is refused stops within itself, between two characters.
fn run(rule: &str, text: &str) -> bool {
    let mut accepted = false;
    for names in [All(true), All(false)] {
        let outcome = recognize(rule, text, &names, &Limits::default());
        match outcome.unwrap_or_else(|| panic!("{rule} is a rule")) {
            Ok(()) => accepted = true,
            Err(at) => assert!(at <= text.len(), "{rule} stops at {at} of {text:?}"),
        }
    }
    accepted
}

/// The rule and the text of every case of the standard.
fn seeds() -> Vec<(String, String)> {
    let lines = include_str!("abnf/cases.jsonl").lines();
    let case = |line: &str| {
        let case: serde_json::Value = serde_json::from_str(line).expect("a case is JSON");
        let field = |name: &str| case[name].as_str().expect("it is text").to_owned();
        (field("rule"), field("input"))
    };
    lines.map(case).collect()
}

/// On a stack no larger than a thread of the server has.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(1536 << 10);
    let running = thread.spawn(test).expect("a thread starts");
    running.join().expect("the thread does not panic");
}

/// Breaks a text at one place.
fn mutate(random: &mut Random, text: &mut String, other: &str) {
    const PIECES: [&str; 40] = [
        "(",
        ")",
        "'",
        "\"",
        "/",
        ";",
        ",",
        "=",
        "&",
        "?",
        "@",
        "$",
        "%",
        "%27",
        "%3B",
        "%2F",
        "%00",
        "%ff",
        "%F0%9F%98%80",
        ":",
        "[",
        "]",
        "{",
        "}",
        " ",
        "\t",
        "-",
        "+",
        ".",
        "..",
        "*",
        "0",
        "9",
        "é",
        "😀",
        " and ",
        "not ",
        "$expand=",
        "$filter(",
        "a",
    ];
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let at = places.get(random.below(places.len() + 1)).copied();
    let at = at.unwrap_or(text.len());
    match random.below(5) {
        0 => text.truncate(at),
        1 if at < text.len() => {
            text.remove(at);
        }
        2 => {
            let from: Vec<usize> = other.char_indices().map(|(at, _)| at).collect();
            let from = from.get(random.below(from.len() + 1)).copied();
            text.insert_str(at, &other[from.unwrap_or(other.len())..]);
        }
        3 => {
            let tail = text[at..].to_owned();
            text.push_str(&tail);
        }
        _ => text.insert_str(at, PIECES[random.below(PIECES.len())]),
    }
    while text.len() > 2_000 {
        text.pop();
    }
}

#[test]
fn every_rule_of_the_standard_has_an_entry_point() {
    let is_missing = |rule: &&str| recognize(rule, "", &All(true), &Limits::default()).is_none();
    let missing: Vec<_> = rules().into_iter().filter(is_missing).collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert!(is_missing(&"noSuchRule"));
}

#[test]
fn cases_broken_at_random() {
    on_a_small_stack(|| {
        let (seeds, rules) = (seeds(), rules());
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut accepted = 0;
        for _ in 0..15_000 {
            let (rule, input) = random.pick(&seeds);
            let (mut text, other) = (input.clone(), &random.pick(&seeds).1);
            for _ in 0..=random.below(3) {
                mutate(&mut random, &mut text, other);
            }
            accepted += usize::from(run(rule, &text));
            let rule = random.pick(&rules);
            run(rule, &text);
        }
        assert!(
            accepted > 1_000,
            "most texts are broken beyond use: {accepted}"
        );
    });
}

#[test]
fn random_bytes() {
    on_a_small_stack(|| {
        let rules = rules();
        let mut random = Random(0x2545_f491_4f6c_dd1d);
        for _ in 0..10_000 {
            let length = random.below(60);
            let bytes: Vec<u8> = (0..length)
                .map(|_| u8::try_from(random.below(256)).expect("it is a byte"))
                .collect();
            run(
                rules[random.below(rules.len())],
                &String::from_utf8_lossy(&bytes),
            );
        }
    });
}

#[test]
fn what_nests_is_bounded() {
    on_a_small_stack(|| {
        let openings = [
            "(",
            "[",
            "{\"a\":",
            "not ",
            "-",
            "f(",
            "n.f(a=",
            "a/any(x:",
            "case(true:",
            "NOT ",
            "a($expand=",
            "a($select=",
            "a/$count($filter=",
            "concat(identity,",
            "groupby((a),",
            "nest(",
            "a/$filter(",
            "geography'SRID=0;GeometryCollection(",
            "GeometryCollection(",
            "SRID=0;GeometryCollection(",
            "1 add (",
            "a in (",
            "$root/a(",
            "cast(",
            "a/aggregate(",
            "$filter=(",
            "$expand=a($expand=",
            "$apply=concat(",
            "$search=(",
            "A(",
            "a,(",
            "a(1)/",
            "A/$filter(",
        ];
        let rules = rules();
        for opening in openings {
            for count in [90, 1_000] {
                let text = opening.repeat(count);
                for rule in &rules {
                    run(rule, &text);
                }
            }
        }
    });
}
