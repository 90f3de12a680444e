//! Who may run which hook on this host, and the words that tell an operator how to allow it.
//!
//! A hook runs code on every packet. What a client may ask for without the operator's word is what it could
//! do to itself anyway: slow its own test down with a built-in hook in the process's own loop.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::named::{UnknownName, by_name};
use crate::spec::{AttachPoint, Engine, HookSpec};
use crate::table;

/// `--allow-hook`: an engine at an attach point; either may be left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllowHook {
    engine: Option<Engine>,
    attach: Option<AttachPoint>,
}

/// Why a text is no permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowError {
    /// No such engine or attach point.
    #[error("{0}; write ENGINE, ENGINE@ATTACH, @ATTACH or all")]
    Unknown(#[from] UnknownName),
    /// The engine does not run there.
    #[error("{0} does not run at {1}")]
    NotThere(Engine, AttachPoint),
}

const ALL: &str = "all";

impl FromStr for AllowHook {
    type Err = AllowError;

    fn from_str(text: &str) -> Result<Self, AllowError> {
        if text == ALL {
            return Ok(Self { engine: None, attach: None });
        }
        let (engine, attach) = text.split_once('@').map_or((text, None), |(engine, attach)| (engine, Some(attach)));
        let engine = (!engine.is_empty()).then(|| by_name::<Engine>(engine)).transpose()?;
        let attach = attach.map(by_name::<AttachPoint>).transpose()?;
        match (engine, attach) {
            (Some(engine), Some(attach)) if !table::engines_at(attach).contains(&engine) => {
                Err(AllowError::NotThere(engine, attach))
            }
            _ => Ok(Self { engine, attach }),
        }
    }
}

impl AllowHook {
    fn covers(self, spec: &HookSpec) -> bool {
        self.engine.is_none_or(|engine| engine == spec.engine) && self.attach.is_none_or(|attach| attach == spec.attach)
    }
}

/// What the operator of a hook host allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Allowed beyond the built-in hooks on messages.
    pub allow: Vec<AllowHook>,
    /// Hooks may see traffic that is not their test's.
    pub whole_host: bool,
    /// Where scripts and objects are taken from.
    pub hook_dir: Option<PathBuf>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requester {
    /// From this very host.
    pub is_local: bool,
    /// It has shown the passphrase of the server.
    pub is_trusted: bool,
}

/// Why a hook is refused: everything that is missing, so that an operator has to be asked once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    engine: Engine,
    attach: AttachPoint,
    reasons: Vec<Reason>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// The hook itself.
    NotAllowed,
    /// Parameters other than the default ones.
    Parameters,
    /// From another host, without a passphrase.
    NoPassphrase,
    /// It would see other traffic, too.
    WholeHost,
    /// It takes a file, and there is no folder.
    NoHookDir,
}

impl Reason {
    /// What is wrong, beyond that the hook is not allowed.
    fn explanation(self) -> Option<&'static str> {
        match self {
            Self::NotAllowed => None,
            Self::Parameters => Some("it runs with its default parameters only"),
            Self::NoPassphrase => Some("another host needs a passphrase for it"),
            Self::WholeHost => Some("it would see traffic that is not the test's"),
            Self::NoHookDir => Some("there is no folder of scripts and objects"),
        }
    }

    /// The option that would allow the hook.
    fn option(self, engine: Engine, attach: AttachPoint) -> String {
        match self {
            Self::NotAllowed | Self::Parameters => format!("--allow-hook {engine}@{attach}"),
            Self::NoPassphrase => "-Z TEXT (which the client gives, too)".into(),
            Self::WholeHost => "--hook-scope host".into(),
            Self::NoHookDir => "--hook-dir DIR".into(),
        }
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    /// Names every option that it takes to allow the hook.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, attach, reasons } = self;
        write!(f, "the hook host does not allow {engine}@{attach}")?;
        let explanations: Vec<&str> = reasons.iter().filter_map(|reason| reason.explanation()).collect();
        if !explanations.is_empty() {
            write!(f, ": {}", explanations.join(", "))?;
        }
        let options: Vec<String> = reasons.iter().map(|reason| reason.option(*engine, *attach)).collect();
        write!(f, "; its operator can, by {}", options.join(" "))
    }
}

impl Policy {
    /// Everything: for a process that hooks only itself, on its user's word.
    #[must_use]
    pub fn everything(hook_dir: Option<PathBuf>) -> Self {
        Self { allow: vec![AllowHook { engine: None, attach: None }], whole_host: true, hook_dir }
    }

    /// Whether `requester` may run `spec`, on its own connection or on the `whole_host`.
    ///
    /// # Errors
    /// Everything that is missing, with the options that would allow it.
    pub fn check(&self, spec: &HookSpec, whole_host: bool, requester: Requester) -> Result<(), Refusal> {
        let built_in = spec.attach == AttachPoint::Message;
        let harmless = built_in && spec.params.is_default();
        let takes_a_file = spec.params.script.is_some() || spec.params.object.is_some();
        let allowed = harmless || self.allow.iter().any(|allowed| allowed.covers(spec));
        // An interface carries everybody's frames.
        let sees_others = whole_host || spec.attach.is_on_interface();
        let missing = [
            (!allowed && !built_in, Reason::NotAllowed),
            (!allowed && built_in, Reason::Parameters),
            (!harmless && !requester.is_local && !requester.is_trusted, Reason::NoPassphrase),
            (sees_others && !self.whole_host, Reason::WholeHost),
            (takes_a_file && self.hook_dir.is_none(), Reason::NoHookDir),
        ];
        let reasons: Vec<Reason> = missing.into_iter().filter_map(|(is, reason)| is.then_some(reason)).collect();
        if reasons.is_empty() { Ok(()) } else { Err(Refusal { engine: spec.engine, attach: spec.attach, reasons }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Requester = Requester { is_local: true, is_trusted: false };
    const AFAR: Requester = Requester { is_local: false, is_trusted: false };
    const FRIEND: Requester = Requester { is_local: false, is_trusted: true };

    fn policy(allow: &[&str], whole_host: bool) -> Policy {
        let allow = allow.iter().map(|text| text.parse().unwrap()).collect();
        Policy { allow, whole_host, hook_dir: None }
    }

    fn refusal(policy: &Policy, spec: &str, requester: Requester) -> String {
        policy.check(&spec.parse().unwrap(), false, requester).err().map(|r| r.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_plain_server_runs_built_in_message_hooks_for_anyone_and_nothing_else() {
        let plain = Policy::default();
        for spec in ["null", "native", "lua"] {
            assert_eq!(refusal(&plain, spec, AFAR), "");
        }
        for (spec, flag) in [
            ("lua:port=5", "--allow-hook lua@message"),
            ("ebpf", "--allow-hook ebpf@xdp --hook-scope host"),
            ("lua:script=a.lua", "--allow-hook lua@message --hook-dir DIR"),
            ("null@nfqueue", "--allow-hook null@nfqueue"),
        ] {
            assert!(refusal(&plain, spec, HERE).ends_with(flag), "{}", refusal(&plain, spec, HERE));
        }
    }

    #[test]
    fn other_hosts_need_a_passphrase_for_what_was_allowed() {
        let policy = policy(&["lua"], false);
        assert_eq!(refusal(&policy, "lua@nfqueue", HERE), "");
        assert!(refusal(&policy, "lua@nfqueue", AFAR).contains("-Z TEXT"));
        assert_eq!(refusal(&policy, "lua@nfqueue", FRIEND), "");
    }

    #[test]
    fn everything_that_is_missing_is_named_at_once() {
        assert_eq!(
            refusal(&Policy::default(), "ebpf:object=mine.o", AFAR),
            "the hook host does not allow ebpf@xdp: another host needs a passphrase for it, it would see traffic that \
             is not the test's, there is no folder of scripts and objects; its operator can, by --allow-hook ebpf@xdp \
             -Z TEXT (which the client gives, too) --hook-scope host --hook-dir DIR"
        );
    }

    #[test]
    fn a_hook_on_an_interface_sees_everybody_and_needs_the_word_for_it() {
        assert!(refusal(&policy(&["ebpf@xdp"], false), "ebpf", HERE).contains("--hook-scope host"));
        assert_eq!(refusal(&policy(&["@xdp"], true), "ebpf", HERE), "");
        let whole = policy(&["all"], false).check(&"null@nfqueue".parse().unwrap(), true, HERE);
        assert!(whole.is_err_and(|refusal| refusal.reasons == [Reason::WholeHost]));
    }

    #[test]
    fn files_need_a_folder() {
        let mut policy = policy(&["all"], true);
        assert!(refusal(&policy, "lua:script=a.lua", HERE).contains("--hook-dir"));
        policy.hook_dir = Some("/".into());
        assert_eq!(refusal(&policy, "lua:script=a.lua", HERE), "");
    }

    #[test]
    fn permissions_are_checked_for_sense() {
        for (text, sound) in [("all", true), ("@xdp", true), ("lua@nfqueue", true), ("lua@xdp", false), ("perl", false)]
        {
            assert_eq!(text.parse::<AllowHook>().is_ok(), sound, "{text}");
        }
    }
}
