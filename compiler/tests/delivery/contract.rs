//! Certificates: a ceiling that somebody else can hold us to.

use std::process::Command;

use crate::desk::{FLOW_TOML, Project, Said, desk};

/// The project with a key, a lock and a certificate.
fn certified() -> Project {
    let project = desk();
    assert_eq!(project.flowc(&["key", "new", "release.key"]).code, 0);
    assert_eq!(project.flowc(&["lock"]).code, 0);
    let said = project.flowc(&["bound", "desk.flow", "--contract", "--key", "release.key", "-o", "desk.cert.json"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, "wrote desk.cert.json\n"), "{said:#?}");
    project
}

fn verify(project: &Project) -> Said {
    project.flowc(&["verify", "desk.cert.json", "desk.flow", "--key", "release.key.pub"])
}

#[test]
fn a_certificate_says_what_it_depends_on_and_is_the_same_each_time() {
    let project = certified();
    let text = project.read("desk.cert.json");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let claims = &json["claims"];
    assert_eq!((claims["schema"].as_str(), claims["flow"].as_str()), (Some("flow.contract.v1"), Some("desk")));
    assert_eq!(claims["bound"]["cost"], "0.001238000");
    assert_eq!(claims["sources"][0]["name"], "desk.flow");
    assert!(claims["lock"].is_string() && claims["catalogue"]["unit"].is_string() && claims["compiler"].is_string());
    assert_eq!(claims["assumes"][0], "`unit`: prices and limits are those of 2026-11-01 (the contract)");
    let again = project.flowc(&["bound", "desk.flow", "--contract", "--key", "release.key"]);
    assert_eq!(again.stdout, text);
    let said = verify(&project);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:#?}");
    assert!(
        said.stdout.starts_with("valid: `desk` takes at most $0.001238, 2 calls")
            && said.stdout.contains("proved again"),
        "{}",
        said.stdout
    );
    assert_eq!(project.flowc(&["verify", "desk.cert.json"]).code, 0, "the signature alone");
}

#[test]
fn any_change_of_an_input_invalidates_it_and_is_named() {
    let changes: [(&str, &str, &str, &str); 6] = [
        ("desk.flow", "/// Gives money back.", "/// Gives money back!", "the text of `desk.flow`: certified "),
        ("desk.flow", "retry <= 1", "retry <= 0", "the ceiling in calls: certified 2, now 1"),
        ("flow.toml", "output = \"10.00\"", "output = \"9.00\"", "the facts of model `unit`: certified "),
        (
            "flow.toml",
            "as_of        = \"2026-11-01\"",
            "as_of        = \"2026-11-02\"",
            "the facts of model `unit`: certified ",
        ),
        ("flow.lock", "# What was accepted", "# what was accepted", "`flow.lock`: certified "),
        ("desk.flow", "  owner  \"support\"", "  owner  \"somebody\"", "the text of `desk.flow`: certified "),
    ];
    for (file, old, new, words) in changes {
        let project = certified();
        project.edit(file, old, new);
        let said = verify(&project);
        assert_eq!(said.code, 1, "{file} {new}: {said:#?}");
        assert!(said.stderr.contains("E1024") && said.stderr.contains(words), "{words}: {}", said.stderr);
    }
    let project = certified();
    std::fs::remove_file(project.path().join("flow.lock")).expect("the lock");
    let said = verify(&project);
    assert!(said.code == 1 && said.stderr.contains("now none"), "{said:#?}");
}

#[test]
fn what_does_not_enter_a_certificate_does_not_invalidate_it() {
    let project = certified();
    project.write("README.md", "words");
    let lock = project.read("flow.lock");
    project.write("flow.lock", lock.replace('\n', "\r\n"));
    project.write("flow.toml", format!("# a remark\n{FLOW_TOML}"));
    assert_eq!(verify(&project).code, 0);
    let text = project.read("desk.cert.json");
    let compact: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    project.write("desk.cert.json", compact.to_string());
    assert_eq!(verify(&project).code, 0, "the layout of the file is not signed");
}

#[test]
fn every_claim_is_under_the_signature() {
    let project = certified();
    let text = project.read("desk.cert.json");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let claims = json["claims"].as_object().expect("claims");
    assert_eq!(claims.len(), 12);
    for name in claims.keys().filter(|name| *name != "schema") {
        let mut forged = json.clone();
        forged["claims"][name] = match &claims[name] {
            serde_json::Value::String(text) => format!("{text}x").into(),
            serde_json::Value::Bool(is) => (!is).into(),
            serde_json::Value::Array(_) => serde_json::json!([]),
            other @ (serde_json::Value::Null | serde_json::Value::Number(_) | serde_json::Value::Object(_)) => {
                let mut other = other.clone();
                if name == "bound" {
                    other["calls"] = 1.into();
                } else {
                    other["unit"] = "0".into();
                }
                other
            }
        };
        if forged == json {
            forged["claims"][name] = serde_json::json!(["something"]);
        }
        project.write("desk.cert.json", forged.to_string());
        let said = verify(&project);
        assert_eq!(said.code, 1, "{name}: {said:#?}");
        assert!(said.stderr.contains("E1022") || said.stderr.contains("E1021"), "{name}: {}", said.stderr);
    }
}

#[test]
fn another_key_another_format_and_no_certificate_are_told() {
    let project = certified();
    let good = project.read("desk.cert.json");
    assert_eq!(project.flowc(&["key", "new", "other.key"]).code, 0);
    let said = project.flowc(&["verify", "desk.cert.json", "--key", "other.key.pub"]);
    assert_eq!((said.code, said.stderr.contains("E1023")), (1, true), "{said:#?}");
    for (text, code) in [
        (good.replace("flow.contract.v1", "flow.contract.v9"), "E1021"),
        (good.replacen("\"flow\":", "\"flaw\":", 1), "E1021"),
        (good.replacen("\"key\": \"", "\"key\": \"zz", 1), "E1021"),
        (String::new(), "E1021"),
        (good.get(..good.len() / 2).expect("half").to_owned(), "E1021"),
    ] {
        project.write("desk.cert.json", &text);
        let said = verify(&project);
        assert_eq!((said.code, said.stderr.contains(code)), (1, true), "{said:#?}");
    }
    assert_eq!(project.flowc(&["verify", "nowhere.json"]).code, 64);
}

#[test]
fn keys_are_not_overwritten_not_shown_and_only_for_their_owner() {
    let project = certified();
    let secret = project.read("release.key");
    assert!(secret.starts_with("-----BEGIN PRIVATE KEY-----"), "PKCS#8");
    assert_eq!(project.flowc(&["key", "new", "release.key"]).code, 64);
    assert_eq!(project.read("release.key"), secret);
    project.write("bad.key", "my secret words");
    let said = project.flowc(&["bound", "desk.flow", "--contract", "--key", "bad.key"]);
    assert_eq!(said.code, 64);
    assert!(said.stderr.contains("E1020") && !said.stderr.contains("secret words"), "{said:#?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(project.path().join("release.key")).expect("the key").permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}

#[test]
fn other_tools_read_the_keys() {
    let project = certified();
    let openssl = |arguments: &[&str]| Command::new("openssl").current_dir(project.path()).args(arguments).output();
    let Ok(read) = openssl(&["pkey", "-in", "release.key", "-pubout"]) else { return };
    assert_eq!(String::from_utf8_lossy(&read.stdout), project.read("release.key.pub"));
    let made = openssl(&["genpkey", "-algorithm", "ed25519", "-out", "theirs.key"]).expect("openssl");
    if made.status.success() {
        let said = project.flowc(&["bound", "desk.flow", "--contract", "--key", "theirs.key"]);
        assert_eq!(said.code, 0, "{said:#?}");
    }
}

#[test]
fn nothing_is_certified_of_a_flow_that_does_not_hold() {
    let project = certified();
    project.edit("desk.flow", "cost <= $0.01", "cost <= $0.0001");
    let said = project.flowc(&["bound", "desk.flow", "--contract", "--key", "release.key"]);
    assert_eq!((said.code, said.stdout.as_str()), (1, ""));
    assert_eq!(verify(&project).code, 1);
    assert_eq!(project.flowc(&["bound", "desk.flow", "--contract"]).code, 64);
}
