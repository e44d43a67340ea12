use super::Scripted;

fn refused(text: &str) -> String {
    Scripted::read("answers.toml", text).expect_err("a refusal").message
}

#[test]
fn what_cannot_be_played_is_refused() {
    let cases = [
        ("[[answer]]\nstep = 's'", "answer 1 has neither `value` nor `fail` nor `calls`"),
        ("[[answer]]\nstep = 's'\nfail = 'Tired'", "answer 1 fails with `Tired`, which is no reason"),
        ("[[answer]]\nstep = 's'\nfail = 'Timeout'\nvalue = 1", "answer 1 has `fail` and something else too"),
        ("[[answer]]\nstep = 's'\nvalue = 1\ntimes = 'often'", "answer 1 is used `often` times"),
        ("[[answer]]\nstep = 's'\nvalue = 1\nusage = 'all'", "answer 1 has usage `all`"),
        ("[[answer]]\nstep = 's'\nvalue = 1\nafter = '2 weeks'", "answer 1 comes after `2 weeks`"),
    ];
    for (text, problem) in cases {
        let message = refused(text);
        assert!(
            message.starts_with(&format!("the answers in `answers.toml` cannot be played: {problem}")),
            "{message}"
        );
    }
    let message = refused("[[answer]]\nstep = 's'\nvalu = 1");
    assert!(message.contains("answers.toml:") && message.contains("valu"), "{message}");
    assert!(refused("[[answers]]\nstep = 's'").contains("unknown field `answers`"));
}

#[test]
fn answers_are_used_in_order_and_the_last_repeats_only_where_it_says_so() {
    let text = "[[answer]]\nstep = 's'\nvalue = 1\ntimes = 2\n[[answer]]\nstep = 's'\nvalue = 2";
    let script = Scripted::read("answers.toml", text).unwrap();
    let next = || script.next("s").map(|(entry, _)| entry.value.unwrap()).map_err(|fault| fault.detail);
    assert_eq!([next(), next(), next()], [Ok(1.into()), Ok(1.into()), Ok(2.into())]);
    assert_eq!(next(), Err("the answers have no more for `s`".to_owned()));
    assert!(script.next("other").is_err());
}
