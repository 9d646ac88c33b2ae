//! The command line.

use crate::failure::Failure;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use flowsketch_core::config::{Activation, Config, MAX_EPSILON, MIN_EPSILON, Optimiser, Recipe};
use flowsketch_core::measure::{MAX_BANDWIDTH, MIN_BANDWIDTH};
use std::path::PathBuf;

/// Network evaluations of a learned run unless said otherwise.
pub const EVALUATIONS: u64 = 20_000_000;

const ABOUT: &str = "Entropic optimal transport in the plane, exact and learned by two neural potentials.

Optimal transport moves the mass of one density onto another so that the mean squared distance is least. \
Entropic optimal transport adds noise: of all couplings it takes the one nearest to Brownian motion of variance ε, \
so that each point of the source goes to a cloud of points of the target, small for a small ε. \
Its two potentials φ and ψ determine it: they give the density ρ_t and the velocity v_t of a flow that \
carries the source at t = 0 to the target at t = 1.";

const EXAMPLES: &str = "Examples:
  flowsketch solve --source 2spirals --epsilon 0.2 --method exact --out spirals
      The exact flow from two spirals to the standard Normal, in a second or so.
  flowsketch solve --source moons --epsilon 1 --method learned --evaluations 2e6 --out learned
      Trains both networks, and measures what they learned against the exact flow.
  flowsketch solve --source face.png --target 8gaussians --epsilon 0.1 --method exact --out face
      From a picture (its darkness is mass) to another density.
  flowsketch solve --source points.csv --fit --epsilon 0.3 --method exact --out points
      From points x,y, scaled to the map and smoothed.
  flowsketch solve --source rings --epsilon 0.5 --method exact --json
      Its measures as JSON, for a script, without files.
  flowsketch solve --weights flow.json --out flow
      Measures and fields of the weights that the page exported, without training.
  flowsketch reproduce figure1 --out figures
      The first figure of the paper, learned and exact.
  flowsketch doctor
      The graphics adapters of this machine, and a test whether it computes correctly.
  flowsketch bench
      How fast this machine trains and solves.

In Python:
  fields = numpy.load(\"spirals/fields.npz\"); fields[\"rho\"].shape    # (7, 108, 108); finer for thin sources";

#[derive(Debug, Parser)]
#[command(name = "flowsketch", version, about = ABOUT, after_help = EXAMPLES, max_term_width = 120)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Solve for the flow from a source to a target, and write its fields, samples, measures and picture.
    Solve(Solve),
    /// Make a figure of the paper (arXiv 2006.06033), learned and exact, with the numbers under each panel.
    Reproduce(Reproduce),
    /// List the graphics adapters and their features, and test the flow against a closed form.
    Doctor,
    /// Measure how fast this machine trains and solves.
    Bench(Bench),
}

const SOLVE_NOTES: &str = "Written to --out (other files there are left alone):
  summary.json   settings, machine, seconds, and the measures of error
  fields.npz     float32, G points along an axis; axis 0 is x, axis 1 is y
    x (G,), p_source (G,G), p_target (G,G)
    phi (G,G), psi (G,G)  units of cost; -1e30 where the density is 0
    t (7,)                0, 1/4, 1/3, 1/2, 2/3, 3/4, 1
    rho (7,G,G), velocity (7,G,G,2)
  samples.csv    1000 points of the target that flowed back to t = 0
  flow.png       the flow at t = 0, 1/3, 2/3, 1

Measures, a learned flow against the exact one:
  kl_source          KL(p_D || rho_0), in nats
  tv_source          half the L1 distance of p_D and rho_0
  mass               log of the integral of rho_0
  marginal_source    L1 distance of the coupling's marginals to p_D
  marginal_target      and to the target
  l1_rho             L1 distance of rho_t, at t = 1/4, 1/2, 3/4
  velocity_error     mean square of v_t - v*_t relative to that of v*_t, at the same t
  dual, optimum      the dual value and its maximum; gap: their difference
  continuity         d rho/dt + div(rho v) relative to d rho/dt, at t = 1/2
  maximality_phi     distance of psi to the transform of phi
  maximality_psi       and of phi to that of psi, units of cost
  energy_distance    of the samples to fresh points of the source";

#[derive(Args, Debug)]
#[command(after_help = SOLVE_NOTES)]
pub struct Solve {
    /// Where mass is at t = 0: a data set (checkerboard, swissroll, rings, moons, circles, 2spirals, pinwheel,
    /// 8gaussians, gaussian), an image (.png, .jpg: darkness is mass, fitted to [-4, 4]²), or points (.csv, .tsv, .txt,
    /// .dat, .npy, .npz: columns x and y, and w where points have weights)
    #[arg(long, value_name = "NAME|IMAGE|POINTS", required_unless_present = "weights")]
    pub source: Option<String>,
    /// Where mass is at t = 1: normal, or as for --source (learned on the CPU)
    #[arg(long, value_name = "normal|NAME|IMAGE|POINTS", default_value = "normal")]
    pub target: String,
    /// Noise of the transport, from 0.05 (nearly deterministic) to 2 (nearly independent)
    #[arg(long, value_name = "E", value_parser = epsilon(), allow_negative_numbers = true,
        required_unless_present = "weights")]
    pub epsilon: Option<f64>,
    /// exact: Sinkhorn on the lattice; learned: two networks, trained
    #[arg(long, value_enum, required_unless_present = "weights")]
    pub method: Option<Method>,
    /// Weights, settings and source that the page exported, in place of the options for them: they are measured without
    /// training
    #[arg(long, value_name = "FILE.json",
        conflicts_with_all = ["source", "target", "epsilon", "method", "bandwidth", "fit", "invert", "level",
            "keep_ground", "Training"])]
    pub weights: Option<PathBuf>,
    #[command(flatten)]
    pub training: Training,
    /// Standard deviation of the Gaussian that smooths each point of a file [default: the likeliest]
    #[arg(long, value_name = "H", value_parser = bandwidth(), allow_negative_numbers = true)]
    pub bandwidth: Option<f64>,
    /// Move and scale the points of a file so that they fill the map
    #[arg(long)]
    pub fit: bool,
    /// In an image, light is mass [default: if its ground is dark]
    #[arg(long)]
    pub invert: bool,
    /// In an image, contrasts up to this one, from 0 to 1, are ground [default: above the noise of the ground]
    #[arg(long, value_name = "C", value_parser = within(0.0, 1.0), allow_negative_numbers = true)]
    pub level: Option<f64>,
    /// In an image, darkness itself is mass: the ground, such as grey paper, is not subtracted
    #[arg(long)]
    pub keep_ground: bool,
    /// Folder to write to, made if it is not there
    #[arg(long, value_name = "DIR", required_unless_present = "json")]
    pub out: Option<PathBuf>,
    /// Print summary.json, and nothing else; files are written only with --out
    #[arg(long)]
    pub json: bool,
}

/// How to train, and where.
#[derive(Args, Clone, Debug)]
pub struct Training {
    /// quadrature: the default recipe, on lattices; paper: Algorithm 1 of the paper, signs corrected, on Monte Carlo
    /// draws
    #[arg(long, value_parser = recipe(), default_value = Recipe::Quadrature.name())]
    pub recipe: Recipe,
    #[arg(long, help = usual("Points of the source in one step", |config| config.batch), value_name = "B", value_parser = count(), allow_negative_numbers = true)]
    pub batch: Option<u64>,
    /// Monte Carlo draws around each point [paper: 100]
    #[arg(long, value_name = "N", value_parser = count(), allow_negative_numbers = true)]
    pub draws: Option<u64>,
    /// Weight of the penalty on the disagreement of the potentials [paper: 1e-5]
    #[arg(long, value_name = "A", allow_negative_numbers = true)]
    pub penalty: Option<f64>,
    #[arg(long, help = usual("Initial learning rate", |config| config.learning_rate), value_name = "R", allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,
    /// Optimiser of both networks [default: adam]
    #[arg(long, value_parser = one_of(&Optimiser::NAMES, Optimiser::from_name))]
    pub optimiser: Option<Optimiser>,
    #[arg(long, help = usual("Activation of the hidden layers", |config| config.activation.name()), value_parser = one_of(&Activation::NAMES, Activation::from_name))]
    pub activation: Option<Activation>,
    /// Training steps
    #[arg(long, value_name = "N", value_parser = count(), conflicts_with = "evaluations", allow_negative_numbers = true)]
    pub steps: Option<u64>,
    /// Network evaluations [default: 2e7]
    #[arg(long, value_name = "N", value_parser = count(), allow_negative_numbers = true)]
    pub evaluations: Option<u64>,
    /// Seed of all random numbers
    #[arg(long, value_name = "S", default_value_t = 0, allow_negative_numbers = true)]
    pub seed: u64,
    /// Train on the CPU even if there is a GPU
    #[arg(long, conflicts_with = "gpu")]
    pub cpu: bool,
    /// Train on the graphics adapter even if it is a software adapter
    #[arg(long)]
    pub gpu: bool,
    /// Let the backward pass read weights in 16 bits, on an adapter that has 16-bit floats: faster, but the gradients
    /// have errors in their fourth digit
    #[arg(long, conflicts_with = "cpu")]
    pub half: bool,
}

impl Training {
    /// The settings of a run at ε.
    ///
    /// # Errors
    /// A sentence about a setting that makes no sense.
    pub fn config(&self, epsilon: f64) -> Result<Config, Failure> {
        let mut config = match self.recipe {
            Recipe::Quadrature => Config::default(),
            Recipe::MonteCarlo => Config::paper(),
        };
        if self.recipe == Recipe::Quadrature && (self.draws.is_some() || self.penalty.is_some()) {
            return Err(Failure::Input("Only --recipe paper has --draws and a --penalty.".into()));
        }
        config.epsilon = epsilon;
        config.seed = self.seed;
        let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        config.batch = self.batch.map_or(config.batch, size);
        config.draws = self.draws.map_or(config.draws, size);
        config.penalty = self.penalty.unwrap_or(config.penalty);
        config.learning_rate = self.learning_rate.unwrap_or(config.learning_rate);
        config.optimiser = self.optimiser.unwrap_or(config.optimiser);
        config.activation = self.activation.unwrap_or(config.activation);
        config.validate().map_err(Failure::Input)?;
        Ok(config)
    }
}

/// Help for a setting, with its value in either recipe.
fn usual<T: std::fmt::Display>(what: &str, value: impl Fn(&Config) -> T) -> String {
    format!("{what} [quadrature: {}; paper: {}]", value(&Config::default()), value(&Config::paper()))
}

#[derive(Args, Debug)]
pub struct Reproduce {
    /// figure1: the flow of the checkerboard; figure2: eight data sets, what was learned, and samples; gaussians: a
    /// nearly degenerate Gaussian, without and with noise
    #[arg(value_enum)]
    pub figure: Figure,
    /// Noise of the transport; the paper's is 1
    #[arg(long, value_name = "E", value_parser = epsilon(), default_value = "1", allow_negative_numbers = true)]
    pub epsilon: f64,
    #[command(flatten)]
    pub training: Training,
    /// Folder to write to, made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

const BENCH_NOTES: &str = "An evaluation is a forward and a backward pass of one network at one point. A step of quadrature has 1300 \
(500 points and two 20 x 20 lattices), a step of paper 202 000 (1000 points and 100 draws around each, twice). Times \
are medians of five blocks; they mean little while the machine is busy with other work.";

#[derive(Args, Debug)]
#[command(after_help = BENCH_NOTES)]
pub struct Bench {
    /// Print a line with a JSON object for each backend and workload
    #[arg(long)]
    pub json: bool,
    /// Seconds for each backend and workload
    #[arg(long, value_name = "S", default_value = "5", value_parser = within(0.1, 600.0), allow_negative_numbers = true)]
    pub seconds: f64,
    /// Only the CPU
    #[arg(long, conflicts_with = "gpu")]
    pub cpu: bool,
    /// Only the graphics adapter
    #[arg(long)]
    pub gpu: bool,
    /// Only this workload
    #[arg(long, value_parser = recipe())]
    pub workload: Option<Recipe>,
    /// Only compare all kinds of training kernels that the graphics adapter can run
    #[arg(long, conflicts_with_all = ["cpu", "json"])]
    pub kernels: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Method {
    Exact,
    Learned,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Figure {
    Figure1,
    Figure2,
    Gaussians,
}

impl Figure {
    /// The name of its files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Figure1 => "figure1",
            Self::Figure2 => "figure2",
            Self::Gaussians => "gaussians",
        }
    }
}

/// A parser that takes one of `names` and gives the value that it stands for.
fn one_of<T: Clone + Send + Sync + 'static>(
    names: &'static [&'static str],
    from_name: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(names).map(move |name| from_name(&name).expect("it is one of the names"))
}

fn recipe() -> impl TypedValueParser<Value = Recipe> {
    one_of(&Recipe::NAMES, Recipe::from_name)
}

fn epsilon() -> impl TypedValueParser<Value = f64> {
    within(MIN_EPSILON, MAX_EPSILON)
}

fn bandwidth() -> impl TypedValueParser<Value = f64> {
    within(MIN_BANDWIDTH, MAX_BANDWIDTH)
}

fn within(low: f64, high: f64) -> impl TypedValueParser<Value = f64> {
    let parse = move |text: &str| match text.parse::<f64>() {
        Ok(value) if (low..=high).contains(&value) => Ok(value),
        _ => Err(format!("it must be a number from {low} to {high}")),
    };
    clap::builder::StringValueParser::new().try_map(move |text: String| parse(&text))
}

/// A whole number, also as 2e7.
fn count() -> impl TypedValueParser<Value = u64> {
    const MOST: f64 = 1e15;
    let parse = |text: String| match text.parse::<f64>() {
        Ok(value) if (0.0..=MOST).contains(&value) && value.fract() == 0.0 => Ok(value as u64),
        _ => Err("it must be a whole number from 0 to 1e15".to_string()),
    };
    clap::builder::StringValueParser::new().try_map(parse)
}

/// What clap found wrong, as one sentence.
pub fn sentence(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "Say what to do, solve, reproduce, doctor or bench; see flowsketch --help.".into();
    }
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let words = first.strip_prefix("error: ").unwrap_or(first).split_whitespace().collect::<Vec<&str>>().join(" ");
    let mut letters = words.chars();
    let capital = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{capital}{}; see flowsketch --help.", letters.as_str().trim_end_matches('.'))
}
