//! One kernel program per rung of the ladder, for one attach point.

/// Makes the programs of an attach point; each hands its context, a [`crate::frame::Frame`], to its rung and
/// returns what that attach point calls a verdict.
macro_rules! programs {
    (
        #[$attach:ident]
        fn($context:ty) -> $answer:ty { pass: $pass:expr, drop: $drop:expr }
        $($program:ident: $rung:ident,)*
    ) => {$(
        #[$attach]
        pub fn $program(context: $context) -> $answer {
            match $crate::ladder::$rung(&context) {
                $crate::ladder::Verdict::Pass => $pass,
                $crate::ladder::Verdict::Drop => $drop,
            }
        }
    )*};
}

pub(crate) use programs;
