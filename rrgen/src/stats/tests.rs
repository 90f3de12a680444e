//! The whole way from cycles to verdict, on simulated machines whose truth is known.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::contrast::Contrast;
use super::order::CycleOrders;
use super::round::{Cycle, Round};
use super::verdict::{self, Margin, Verdict};
use super::withheld::Conditions;

const SEED: u64 = 2019;
const ROUNDS: u32 = 12;
const CYCLES: usize = 200;
const REFERENCE_NS: f64 = 25_000.0;

/// The log ratio of rates that the simulated hook really costs: about half a percent.
const TRUTH: f64 = -0.005;

/// A draw from Laplace's distribution: symmetric, with longer tails than the normal.
fn laplace(rng: &mut ChaCha8Rng, scale: f64) -> f64 {
    let mut exponential = || -(1.0 - rng.random::<f64>()).ln();
    scale * (exponential() - exponential())
}

fn contrast(log_rates: impl IntoIterator<Item = f64>) -> Contrast {
    let round = |log_rate| Round { log_rate, reference_ns: REFERENCE_NS };
    Contrast::from_rounds(&log_rates.into_iter().map(round).collect::<Vec<_>>()).unwrap()
}

/// How much slower than usual, as a factor, a machine is in each block of a round.
type Machine = fn(&mut ChaCha8Rng, blocks: usize) -> Vec<f64>;

/// Slows down threefold over each round.
fn drift(_: &mut ChaCha8Rng, blocks: usize) -> Vec<f64> {
    (0..blocks).map(|block| 3_f64.powf(block as f64 / blocks as f64)).collect()
}

/// Changes its speed for good at random, about ten times a round.
fn steps(rng: &mut ChaCha8Rng, blocks: usize) -> Vec<f64> {
    let mut factor = 1.0;
    let mut step = || {
        if rng.random_bool(10.0 / blocks as f64) {
            factor = rng.random_range(1.0..1.5);
        }
        factor
    };
    (0..blocks).map(|_| step()).collect()
}

/// Is two to four times slower for some blocks now and then, in about an eighth of the time.
fn bursts(rng: &mut ChaCha8Rng, blocks: usize) -> Vec<f64> {
    let mut left = 0_u32;
    let mut burst = || {
        if left == 0 && rng.random_bool(0.03) {
            left = rng.random_range(1..8);
        }
        left = left.saturating_sub(1);
        if left > 0 { rng.random_range(2.0..4.0) } else { 1.0 }
    };
    (0..blocks).map(|_| burst()).collect()
}

/// The cycles of one round of the reference (0) and the hook (1), visited in the given orders.
fn cycles(rng: &mut ChaCha8Rng, machine: Machine, mut order: impl FnMut() -> [usize; 2]) -> Vec<Cycle> {
    let speed = machine(rng, 2 * CYCLES);
    let cycle = |factors: &[f64]| {
        let mut times_ns = [0.0; 2];
        for (variant, factor) in order().into_iter().zip(factors) {
            let cost = if variant == 1 { -TRUTH } else { 0.0 };
            times_ns[variant] = REFERENCE_NS * factor * (cost + laplace(rng, 0.01)).exp();
        }
        Cycle { reference_ns: times_ns[0], variant_ns: times_ns[1] }
    };
    speed.chunks_exact(2).map(cycle).collect()
}

/// In which order a cycle visits the reference (0) and the hook (1).
type Order = fn(&mut CycleOrders) -> [usize; 2];

const SHUFFLED: Order = |orders| orders.next_order().try_into().unwrap();
const FIXED: Order = |_| [0, 1];

/// The contrast of the hook on a machine.
fn measured(machine: Machine, order: Order) -> Contrast {
    let round = |round| {
        let mut orders = CycleOrders::new(SEED, round, 2);
        let mut rng = ChaCha8Rng::seed_from_u64(SEED + u64::from(round));
        Round::from_cycles(&cycles(&mut rng, machine, || order(&mut orders))).unwrap()
    };
    Contrast::from_rounds(&(0..ROUNDS).map(round).collect::<Vec<_>>()).unwrap()
}

/// How often, of 2,000 comparisons of identical variants, the 95 % interval leaves 0 out: at most 5 %, and not much
/// less either, or the interval would be wider than it need be.
#[test]
fn identical_variants_rarely_differ() {
    let draws = 2_000;
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut differs = || {
        let rounds: Vec<f64> = (0..ROUNDS).map(|_| laplace(&mut rng, 0.002)).collect();
        !contrast(rounds).log_rate.p95.unwrap().contains(0.0)
    };
    let rejected = (0..draws).filter(|_| differs()).count();
    assert!((draws * 3 / 100..=draws * 5 / 100).contains(&rejected), "{rejected} of {draws}");
}

#[test]
fn drift_steps_and_bursts_do_not_bias_a_contrast() {
    for (name, machine) in [("drift", drift as Machine), ("steps", steps), ("bursts", bursts)] {
        let effect = measured(machine, SHUFFLED).log_rate;
        let interval = effect.p99.unwrap();
        assert!(interval.contains(TRUTH), "{name}: {effect:?}");
        assert!(interval.half_width() < TRUTH.abs(), "{name}: {effect:?}");
    }
}

/// What the shuffled orders are for: visited always in the same order, the same drift adds half as much again to the
/// cost.
#[test]
fn a_fixed_order_is_biased_by_drift() {
    let effect = measured(drift, FIXED).log_rate;
    assert!(!effect.p99.unwrap().contains(TRUTH), "{effect:?}");
}

#[test]
fn spikes_move_the_mean_but_not_the_headline() {
    let calm: Vec<f64> = (0..ROUNDS).map(|round| TRUTH + 0.0002 * (f64::from(round) - 5.5)).collect();
    let mut spiked = calm.clone();
    spiked[3] = -0.5;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    assert!((mean(&spiked) - mean(&calm)).abs() > 0.04);
    let headline = |values: &[f64]| contrast(values.iter().copied()).log_rate.estimate;
    assert!((headline(&spiked) - headline(&calm)).abs() < 0.0005);
}

/// Nine of the blocks of a round take thirty times as long: an odd number, so that they cannot cancel.
#[test]
fn spikes_in_cycles_do_not_reach_the_round() {
    let calm = |_: &mut ChaCha8Rng, blocks| vec![1.0; blocks];
    let spiky = |_: &mut ChaCha8Rng, blocks| (0..blocks).map(|n| if n % 45 == 1 { 30.0 } else { 1.0 }).collect();
    let [calm, spiky] = [calm as Machine, spiky].map(|machine| {
        let mut orders = CycleOrders::new(SEED, 0, 2);
        let cycles = cycles(&mut ChaCha8Rng::seed_from_u64(SEED), machine, || SHUFFLED(&mut orders));
        let mean = cycles.iter().map(Cycle::log_rate).sum::<f64>() / cycles.len() as f64;
        (mean, Round::from_cycles(&cycles).unwrap().log_rate)
    });
    assert!((calm.0 - spiky.0).abs() > 0.01, "{calm:?} {spiky:?}");
    assert!((calm.1 - spiky.1).abs() < 0.001, "{calm:?} {spiky:?}");
}

#[test]
fn a_hook_of_half_a_percent_gets_its_verdict() {
    let hook = measured(bursts, SHUFFLED);
    let floor = contrast((0..ROUNDS).map(|round| 0.0002 * (f64::from(round) - 5.5)));
    let verdict = verdict::judge(&hook, &floor, &Conditions::default(), Margin::default());
    assert_eq!(verdict, Ok(Verdict::Equivalent { not_zero: true }));
    let narrow = Margin::from_percent(0.1).unwrap();
    assert_eq!(verdict::judge(&hook, &floor, &Conditions::default(), narrow), Ok(Verdict::Slower));
}
