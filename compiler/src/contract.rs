//! A ceiling as a certificate. In: a plan, what was proved of one flow, and a key. Out: claims about everything that the number
//! depends on, signed; and, read back, whether they are as they were signed and which of them no longer hold.

use std::collections::BTreeMap;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bound::FlowReport;
use crate::cost::Resources;
use crate::plan::{Plan, SourceDigest};
use crate::review::snapshot::digest_of;

/// The version of the format; a reader refuses any other.
pub const SCHEMA: &str = "flow.contract.v1";

/// Everything that a certified ceiling says and depends on. Equal inputs give equal bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// [`SCHEMA`].
    pub schema: String,
    /// The flow.
    pub flow: String,
    /// The file that was compiled, from the root of its project.
    pub file: String,
    /// The version of the compiler.
    pub compiler: String,
    /// Every text that was read, by its BLAKE3.
    pub sources: Vec<SourceDigest>,
    /// BLAKE3 of `flow.lock`; absent where there is none.
    pub lock: Option<String>,
    /// BLAKE3 of the facts of every model, by its name.
    pub catalogue: BTreeMap<String, String>,
    /// The digest of the whole plan.
    pub plan: String,
    /// The most that one run can take.
    pub bound: Resources,
    /// Whether some run reaches it.
    pub exact: bool,
    /// What the flow promises of many runs, as it is written in the plan.
    pub slo: Value,
    /// What is taken to be true.
    pub assumes: Vec<String>,
}

/// Claims with a signature over them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// What is claimed.
    pub claims: Claims,
    /// The public key, Ed25519, in hex.
    pub key: String,
    /// The signature over the claims in canonical JSON, in hex.
    pub signature: String,
}

/// Why a certificate is not taken for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not JSON of its shape; where and what, in the parser's words.
    NotACertificate(String),
    /// Of another version of the format.
    OtherSchema(String),
    /// What it says is not what was signed.
    Changed,
    /// It was signed, and with another key.
    OtherKey,
}

impl Claims {
    /// What is claimed of a flow, by its index in the plan; `None` where it has no ceiling.
    #[must_use]
    pub fn of(plan: &Plan, index: usize, report: &FlowReport, lock: Option<&str>) -> Option<Claims> {
        let flow = plan.program.flows.get(index)?;
        let flow_json = serde_json::to_value(flow).ok()?;
        Some(Claims {
            schema: SCHEMA.to_owned(),
            flow: flow.name.clone(),
            file: plan.sources.first().map(|source| source.name.clone())?,
            compiler: plan.compiler.clone(),
            sources: plan.sources.clone(),
            lock: lock.map(|text| blake3::hash(text.replace("\r\n", "\n").as_bytes()).to_hex().to_string()),
            catalogue: plan.program.models.iter().map(|model| (model.name.clone(), digest_of(model))).collect(),
            plan: plan.digest.clone(),
            bound: *plan.ceilings.flows.get(index)?,
            exact: report.is_exact(),
            slo: flow_json.get("slo").cloned().unwrap_or_else(|| Value::Array(Vec::new())),
            assumes: report.assumes.iter().map(|assumption| assumption.text.clone()).collect(),
        })
    }

    /// The bytes that are signed: compact JSON, fields in the order of their declaration.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What is different between these claims and what is so now, one sentence each; nothing where all of it holds.
    #[must_use]
    pub fn differences(&self, now: &Claims) -> Vec<String> {
        let mut said = Vec::new();
        let mut differs = |what: &str, then: &str, now: &str| {
            if then != now {
                said.push(format!("{what}: certified {then}, now {now}"));
            }
        };
        differs("the flow", &self.flow, &now.flow);
        differs("the file", &self.file, &now.file);
        differs("the version of the compiler", &self.compiler, &now.compiler);
        differs("`flow.lock`", short(self.lock.as_deref()), short(now.lock.as_deref()));
        for name in joined(self.sources.iter().chain(&now.sources).map(|source| source.name.as_str())) {
            let of =
                |claims: &Claims| claims.sources.iter().find(|source| source.name == name).map(|s| s.digest.clone());
            differs(&format!("the text of `{name}`"), short(of(self).as_deref()), short(of(now).as_deref()));
        }
        for name in joined(self.catalogue.keys().chain(now.catalogue.keys()).map(String::as_str)) {
            let (then, now) = (self.catalogue.get(name), now.catalogue.get(name));
            differs(
                &format!("the facts of model `{name}`"),
                short(then.map(String::as_str)),
                short(now.map(String::as_str)),
            );
        }
        for dimension in self.bound.beyond(&now.bound).chain(now.bound.beyond(&self.bound)) {
            let (then, now) = (self.bound.get(dimension), now.bound.get(dimension));
            differs(
                &format!("the ceiling in {}", dimension.name()),
                &dimension.show_limit(then),
                &dimension.show_limit(now),
            );
        }
        differs("whether the ceiling is exact", yes(self.exact), yes(now.exact));
        differs("what the flow promises", &self.slo.to_string(), &now.slo.to_string());
        differs("what is assumed", &self.assumes.join("; "), &now.assumes.join("; "));
        differs("the plan", short(Some(&self.plan)), short(Some(&now.plan)));
        said
    }
}

impl Certificate {
    /// Signs claims. The same claims and key give the same certificate.
    #[must_use]
    pub fn sign(claims: Claims, key: &SigningKey) -> Certificate {
        let signature = key.sign(&claims.canonical());
        Certificate { claims, key: hex(&key.verifying_key().to_bytes()), signature: hex(&signature.to_bytes()) }
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let json = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{json}\n")
    }

    /// Reads a certificate and checks its signature, with `trusted` where it is known whose it must be.
    ///
    /// # Errors
    /// Says why it is none: unknown fields, another version, a change after it was signed, another key.
    pub fn read(text: &str, trusted: Option<&VerifyingKey>) -> Result<Certificate, Refusal> {
        let any: Value = serde_json::from_str(text).map_err(|error| Refusal::NotACertificate(error.to_string()))?;
        match any.get("claims").and_then(|claims| claims.get("schema")).and_then(Value::as_str) {
            Some(SCHEMA) => {}
            Some(other) => return Err(Refusal::OtherSchema(other.to_owned())),
            None => return Err(Refusal::NotACertificate("it has no `schema`".to_owned())),
        }
        let read: Certificate =
            serde_json::from_str(text).map_err(|error| Refusal::NotACertificate(error.to_string()))?;
        let key = unhex::<32>(&read.key).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        let key = key.ok_or_else(|| Refusal::NotACertificate("its `key` is no Ed25519 key".to_owned()))?;
        let signature = unhex::<64>(&read.signature).map(|bytes| Signature::from_bytes(&bytes));
        let signature = signature.ok_or_else(|| Refusal::NotACertificate("its `signature` is none".to_owned()))?;
        // Strict: no key of small order and no second form of a signature is taken.
        if key.verify_strict(&read.claims.canonical(), &signature).is_err() {
            return Err(Refusal::Changed);
        }
        match trusted {
            Some(trusted) if *trusted != key => Err(Refusal::OtherKey),
            Some(_) | None => Ok(read),
        }
    }
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The first digits of a digest.
fn short(digest: Option<&str>) -> &str {
    digest.map_or("none", |digest| digest.get(..16).unwrap_or(digest))
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// Bytes in hex.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}
