use proptest::prelude::*;

use super::*;
use crate::filter::Rung;

fn message_of(text: &str) -> String {
    text.parse::<HookSpec>().unwrap_err().to_string()
}

#[test]
fn short_forms_stand_for_long_ones() {
    for (short, long) in [
        ("null", "null@message"),
        ("native", "native@message"),
        ("lua", "lua@message"),
        ("ebpf", "ebpf@xdp"),
        ("lua:port=1,filter=pass", "lua@message:filter=pass,port=1"),
        ("ebpf@socket:payload=0x6869", "ebpf@socket:payload=hi"),
        ("native@nfqueue:burn=0300", "native@nfqueue:burn=300"),
        ("none", "none"),
    ] {
        assert_eq!(short.parse::<Variant>().unwrap().to_string(), long);
    }
}

#[test]
fn parameters_reach_the_filter() {
    let spec: HookSpec = "native:filter=payload,port=80,payload=0x00ff".parse().unwrap();
    let filter = spec.params.filter();
    assert_eq!((filter.rung, filter.port), (Rung::Payload, 80));
    assert_eq!(filter.pattern.as_bytes(), [0x00, 0xff]);
    assert!(spec.params.script.is_none());
}

#[test]
fn errors_say_what_is_allowed() {
    assert_eq!(message_of("perl"), "\"perl\" is no engine; one of null, native, lua, ebpf");
    assert_eq!(message_of("ebpf@message"), "ebpf does not run at message; engines there: null, native, lua");
    assert_eq!(
        message_of("lua:colour=red"),
        "\"colour\" is no key; one of filter, port, payload, burn, script, object, program, iface"
    );
    assert_eq!(
        message_of("lua:iface=lo"),
        "iface= means nothing for lua@message; keys there: filter, port, payload, script"
    );
    assert_eq!(message_of("lua:"), "\"\" is not KEY=VALUE");
    assert_eq!(
        message_of("lua:burn=300"),
        "burn= means nothing for lua@message; keys there: filter, port, payload, script"
    );
    assert!(message_of("ebpf:burn=300").starts_with("burn= means nothing for ebpf@xdp; keys there: filter, "));
    assert_eq!(message_of("native:burn=0"), "burn=0: expected 1 to 1000000 nanoseconds");
    assert_eq!(message_of("lua:port"), "\"port\" is not KEY=VALUE");
    assert_eq!(message_of("lua:port=1,port=2"), "port= is given twice");
    assert_eq!(message_of("lua:filter=pass,script=x.lua"), "filter= and script= exclude each other");
    assert_eq!(message_of("ebpf:object=x.o,filter=pass"), "filter= and object= exclude each other");
    assert_eq!(message_of("ebpf:program=drop"), "program= needs object=");
    assert_eq!(
        message_of("lua:filter=all"),
        "filter=all: \"all\" is no filter; one of pass, count, parse, port, payload"
    );
    assert!(message_of("lua:script=../x").starts_with("script=../x: expected a bare name"));
    assert!(message_of(&"x".repeat(SPEC_MAX + 1)).contains("at most 512 bytes"));
}

/// Specs built from parts that often fit together, so that a fair share parses.
fn likely() -> impl Strategy<Value = String> {
    let pair = prop_oneof![
        "(filter=(pass|count|parse|port|payload|x))",
        "port=[0-9]{1,6}",
        "payload=(0x([0-9a-fA-F]{2}){0,17}|[!-~]{0,17})",
        "burn=[0-9]{1,8}",
        "script=[a-z./]{1,8}",
        "object=[a-z.]{1,8},program=[a-z_]{1,8}",
        "iface=[a-z0-9]{1,16}",
    ];
    let tail = proptest::collection::vec(pair, 0..4).prop_map(|pairs| pairs.join(","));
    ("(null|native|lua|ebpf)(@(message|socket|xdp|tcx-egress|nfqueue))?", tail)
        .prop_map(|(point, tail)| format!("{point}:{tail}"))
}

proptest! {
    #[test]
    fn canonical_text_parses_back(text in likely()) {
        if let Ok(spec) = text.parse::<HookSpec>() {
            prop_assert_eq!(spec.to_string().parse::<HookSpec>(), Ok(spec));
        }
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,600}") {
        if let Ok(variant) = text.parse::<Variant>() {
            prop_assert_eq!(variant.to_string().parse::<Variant>(), Ok(variant));
        }
    }
}
