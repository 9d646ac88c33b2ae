//! Weights and settings of a run as JSON, with the source that it learned from.

use flowsketch_core::checkpoint::{Checkpoint, LearnerState, Snapshot};
use flowsketch_core::config::Config;
use flowsketch_core::measure::{Density, Import};
use serde::{Deserialize, Serialize};

/// The present state of a run, with the densities that it learned from.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// The settings of the run.
    pub config: Config,
    /// The name of the source, for titles.
    pub name: String,
    /// The density at t = 0.
    pub source: Density,
    /// The target, where it is not the Normal.
    pub target: Option<Import>,
    /// Weights and counters.
    pub checkpoint: Checkpoint,
}

const FORMAT: &str = "flowsketch weights 1";

/// The file. `theta` of a network is laid out as `flowsketch_core::network` says.
#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    settings: Config,
    steps: u64,
    evaluations: u64,
    phi: Network,
    psi: Network,
    source: End,
    /// Left out where it is the Normal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<End>,
}

#[derive(Serialize, Deserialize)]
struct Network {
    /// Radians per world unit.
    frequencies: Vec<[f32; 2]>,
    theta: Vec<f32>,
    /// The moving average of theta, which is what is shown and measured.
    average: Vec<f32>,
}

#[derive(Serialize, Deserialize)]
struct End {
    name: String,
    /// On the 324 x 324 points of [−5.4, 5.4]², y running fastest.
    density: Vec<f32>,
}

impl End {
    fn new(name: &str, density: &Density) -> Self {
        Self { name: name.into(), density: density.values().to_vec() }
    }

    fn read(self, which: &str) -> Result<Import, String> {
        let density = Density::new(self.density);
        let density = density.map_err(|_| format!("its {which} is not a density on 324 x 324 points"))?;
        Ok(Import { name: self.name, density })
    }
}

impl Weights {
    /// The text of the file.
    pub fn to_json(&self) -> String {
        let Checkpoint { snapshots, step, evaluations } = &self.checkpoint;
        let network = |snapshot: &Snapshot| Network {
            frequencies: snapshot.frequencies.clone(),
            theta: snapshot.state.theta.clone(),
            average: snapshot.state.average.clone(),
        };
        let [phi, psi] = snapshots.each_ref().map(network);
        let document = Document {
            format: FORMAT.into(),
            // JSON has no infinity; with so large a number the learning rate is never halved either.
            settings: Config {
                learning_rate_halving: self.config.learning_rate_halving.min(f64::MAX),
                ..self.config.clone()
            },
            steps: *step,
            evaluations: *evaluations,
            phi,
            psi,
            source: End::new(&self.name, &self.source),
            target: self.target.as_ref().map(|target| End::new(&target.name, &target.density)),
        };
        serde_json::to_string(&document).expect("plain values can be written")
    }

    /// Reads what [`to_json`](Self::to_json) wrote. The moments of Adam are not in the file and start at 0.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let Document { format, settings, steps, evaluations, phi, psi, source, target } =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        if format != FORMAT {
            return Err(format!("its format is not \"{FORMAT}\""));
        }
        let mut config = settings;
        if config.learning_rate_halving == f64::MAX {
            config.learning_rate_halving = f64::INFINITY;
        }
        config.validate().map_err(|sentence| sentence.trim_end_matches('.').to_string())?;
        let shape = config.shape();
        let snapshots = [("phi", phi), ("psi", psi)].map(|(name, network)| {
            let Network { frequencies, theta, average } = network;
            let fits = frequencies.len() == shape.fourier_features
                && [&theta, &average].iter().all(|vector| vector.len() == shape.len);
            let numbers = frequencies.as_flattened().iter().chain(&theta).chain(&average);
            match (fits, numbers.copied().all(f32::is_finite)) {
                (false, _) => Err(format!("{name} has not the weights that its settings ask for")),
                (_, false) => Err(format!("{name} has weights that are not finite")),
                _ => {
                    let zero = vec![0.0; shape.len];
                    let state = LearnerState { theta, first_moment: zero.clone(), second_moment: zero, average };
                    Ok(Snapshot { frequencies, state })
                }
            }
        });
        let [phi, psi] = snapshots;
        let Import { name, density } = source.read("source")?;
        let target = target.map(|target| target.read("target")).transpose()?;
        let checkpoint = Checkpoint { snapshots: [phi?, psi?], step: steps, evaluations };
        Ok(Self { config, name, source: density, target, checkpoint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowsketch_core::measure::Preset;

    fn weights(config: Config) -> Weights {
        let snapshots = Snapshot::pair(&config, &config.shape());
        let checkpoint = Checkpoint { snapshots, step: 3, evaluations: 12_600 };
        Weights { config, name: "moons".into(), source: Preset::Moons.density(), target: None, checkpoint }
    }

    #[test]
    fn what_was_written_is_read_to_the_same_bits() {
        for config in [Config::default(), Config::paper()] {
            let before = weights(config);
            let after = Weights::from_json(&before.to_json()).expect("it was just written");
            assert_eq!(
                (&after.config, &after.name, &after.checkpoint),
                (&before.config, &before.name, &before.checkpoint)
            );
            // Reading normalises it to mass 1 again.
            let pairs = after.source.values().iter().zip(before.source.values());
            assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() <= 1e-6 * b));
        }
    }

    #[test]
    fn another_target_than_the_normal_is_kept() {
        let normal = weights(Config::default());
        assert!(
            !normal.to_json().contains("target\":") && Weights::from_json(&normal.to_json()).unwrap().target.is_none()
        );
        let target = Some(Import { name: "rings".into(), density: Preset::Rings.density() });
        let json = Weights { target, ..normal }.to_json();
        let read = Weights::from_json(&json).expect("it was just written").target.expect("it has one");
        assert_eq!(read.name, "rings");
        let rings = Preset::Rings.density();
        let off = read.density.values().iter().zip(rings.values()).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f32::max) < 1e-5);
        let (before, after) = json.split_once("\"target\":").expect("it is written");
        let cut = format!("{before}\"target\":{}", after.replacen("\"density\":[", "\"density\":[1,", 1));
        assert!(Weights::from_json(&cut).unwrap_err().contains("its target is not a density on 324 x 324"));
    }

    #[test]
    fn what_is_no_file_of_weights_is_refused() {
        let good = weights(Config::default()).to_json();
        for (from, to, fault) in [
            (FORMAT, "other", "format"),
            ("\"epsilon\":0.2", "\"epsilon\":9", "Epsilon is between"),
            ("\"fourier_features\":28", "\"fourier_features\":27", "phi has not the weights"),
            ("\"density\":[", "\"density\":[1,", "324 x 324"),
            ("\"steps\":3", "\"steps\":-3", "invalid value"),
        ] {
            assert!(good.contains(from), "{from}");
            let refusal = Weights::from_json(&good.replacen(from, to, 1)).expect_err(to);
            assert!(refusal.contains(fault), "{refusal}");
        }
        // A setting that is newer than the file has its default value.
        let later = r#""source_nodes":20,"target_nodes":20,"target_batch":500,"#;
        let read = Weights::from_json(&good.replacen(later, "", 1)).expect("an older file");
        assert!(good.contains(later) && read.config == Config::default());
        let refusal = Weights::from_json(&good.replacen("\"target_batch\":500", "\"target_batch\":9000000000", 1));
        assert!(refusal.expect_err("too many points").contains("evaluations of a network in one step"));
        assert!(Weights::from_json("{").is_err() && Weights::from_json("").is_err());
    }
}
