//! Entry points, bindings and workgroup memory.

use super::Shader;
use flowsketch_core::gpu::table::{Access, KernelSource};
use naga::{AddressSpace, ShaderStage, StorageAccess, valid::GlobalUse};
use std::collections::BTreeMap;

/// Bytes of workgroup memory that every WebGPU device is guaranteed to have.
pub const WORKGROUP_BYTES: u32 = 16_384;
/// Storage buffers of one stage that every WebGPU device allows.
pub const STORAGE_BUFFERS: usize = 8;

/// Differences between the entry points of a shader and the expected ones, with the size of a compute workgroup.
pub fn entry_failures(shader: &Shader, expected: &[(String, ShaderStage, u32)]) -> Vec<String> {
    let name = &shader.name;
    let entries = &shader.module.entry_points;
    let mut failures = Vec::new();
    for (entry, stage, _) in expected {
        if !entries.iter().any(|e| e.name == *entry && e.stage == *stage) {
            failures.push(format!("{name}: no {stage:?} entry point {entry}"));
        }
    }
    for entry in entries {
        let Some((_, _, size)) = expected.iter().find(|(name, stage, _)| *name == entry.name && *stage == entry.stage)
        else {
            failures.push(format!("{name}: {:?} entry point {} is in no table", entry.stage, entry.name));
            continue;
        };
        if entry.stage == ShaderStage::Compute && entry.workgroup_size != [*size, 1, 1] {
            failures.push(format!("{name}: {} has workgroups of {:?}", entry.name, entry.workgroup_size));
        }
    }
    failures
}

/// What a binding is: the struct of a uniform, or the access of a storage buffer.
fn describe(shader: &Shader, variable: &naga::GlobalVariable) -> String {
    match variable.space {
        AddressSpace::Uniform => {
            let ty = &shader.module.types[variable.ty];
            format!("uniform {}", ty.name.as_deref().unwrap_or("without a name"))
        }
        AddressSpace::Storage { access } if access == StorageAccess::LOAD => "storage, read".into(),
        AddressSpace::Storage { access } if access == StorageAccess::LOAD | StorageAccess::STORE => {
            "storage, read_write".into()
        }
        space => format!("{space:?}"),
    }
}

/// Differences between the bindings of a shader and those of the table: group 0 holds the inputs of the training step,
/// of the flow time or of the particle step, group 1 the stage and then the buffers. A buffer must also be used as the
/// table says.
pub fn binding_failures(shader: &Shader, kernel: &KernelSource) -> Vec<String> {
    let entry = kernel.entry;
    let mut expected = BTreeMap::from([
        ((0, 0), (vec!["uniform Step", "uniform FlowTime", "uniform ParticleStep"], GlobalUse::empty())),
        ((1, 0), (vec!["uniform Stage"], GlobalUse::empty())),
    ]);
    for (index, access) in kernel.buffers.iter().enumerate() {
        let (kind, usage) = match access {
            Access::Read => ("storage, read", GlobalUse::READ),
            Access::Write => ("storage, read_write", GlobalUse::WRITE),
        };
        expected.insert((1, index as u32 + 1), (vec![kind], usage));
    }
    let mut failures = Vec::new();
    if kernel.buffers.len() > STORAGE_BUFFERS {
        failures.push(format!("{entry}: {} storage buffers", kernel.buffers.len()));
    }
    let index = shader.module.entry_points.iter().position(|e| e.name == entry);
    for (handle, variable) in shader.module.global_variables.iter() {
        let Some(binding) = &variable.binding else { continue };
        let place = format!("{entry}: group {} binding {}", binding.group, binding.binding);
        let found = describe(shader, variable);
        match expected.remove(&(binding.group, binding.binding)) {
            Some((kinds, usage)) => {
                if !kinds.contains(&found.as_str()) {
                    failures.push(format!("{place} is {found}, by the table {}", kinds.join(" or ")));
                }
                if index.is_some_and(|index| !shader.info.get_entry_point(index)[handle].contains(usage)) {
                    failures.push(format!("{place} is never used for {usage:?}"));
                }
            }
            None => failures.push(format!("{place} is {found}, and not in the table, or there twice")),
        }
    }
    for ((group, binding), (kinds, _)) in expected {
        failures
            .push(format!("{entry}: group {group} binding {binding} is missing, by the table {}", kinds.join(" or ")));
    }
    failures
}

/// Bytes of workgroup memory that an entry point uses, each variable rounded up to 16 as WebGPU counts them.
///
/// # Panics
/// When there is no such entry point.
pub fn workgroup_bytes(shader: &Shader, entry: &str) -> u32 {
    let index =
        shader.module.entry_points.iter().position(|e| e.name == entry).expect("the shader has the entry point");
    let used = shader.info.get_entry_point(index);
    let variables = shader.module.global_variables.iter();
    variables
        .filter(|&(handle, variable)| variable.space == AddressSpace::WorkGroup && !used[handle].is_empty())
        .map(|(_, variable)| shader.module.types[variable.ty].inner.size(shader.module.to_ctx()).next_multiple_of(16))
        .sum()
}

/// The entry points with more workgroup memory than every device is guaranteed to have. wgpu does not check this.
pub fn workgroup_failures(shader: &Shader) -> Vec<String> {
    let entries = shader.module.entry_points.iter().map(|entry| (entry, workgroup_bytes(shader, &entry.name)));
    entries
        .filter(|&(_, bytes)| bytes > WORKGROUP_BYTES)
        .map(|(entry, bytes)| format!("{}: {} uses {bytes} bytes of workgroup memory", shader.name, entry.name))
        .collect()
}
