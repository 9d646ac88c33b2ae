//! Draws the flow: a heat map of log ρ_t and the arrows of v_t over [−4, 4]².

use super::device::Gpu;
use super::table::shader;
use crate::lattice::{Lattice, VIEW};
use crate::potentials::Shown;
use crate::style::{ARROW_COUNT, ARROW_TIME, Style};
use bytemuck::{Pod, Zeroable};

/// A picture to be drawn at the end of a submission.
pub struct Frame<'a> {
    /// The flow to be drawn.
    pub view: &'a FlowView,
    /// Where the picture goes.
    pub target: &'a wgpu::TextureView,
    /// Pixels of `target`.
    pub size: [u32; 2],
    /// Colours, range and arrows.
    pub style: Style,
    /// The learned flow, the exact one, or their difference.
    pub shown: Shown,
}

/// What a picture shows: fields (log ρ_t, v_x, v_y, 0) on the flow lattice.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    /// log ρ_t and v_t.
    Flow(&'a wgpu::Buffer),
    /// ρ_t and v_t of the first minus those of the second.
    Difference(&'a wgpu::Buffer, &'a wgpu::Buffer),
}

/// `View` in shared/view.wgsl.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[expect(missing_docs, reason = "its fields are described there")]
pub struct ViewUniform {
    pub colours: [[f32; 4]; 9],
    pub range: [f32; 2],
    pub size: [f32; 2],
    pub origin: f32,
    pub spacing: f32,
    pub count: u32,
    pub half_width: f32,
    pub arrow_count: u32,
    pub arrow_time: f32,
    pub difference: u32,
    /// Uniform structs end on a multiple of 16 bytes.
    pub padding: u32,
}

impl ViewUniform {
    fn new(lattice: &Lattice, size: [u32; 2], style: &Style, difference: bool) -> Self {
        let colour = |[r, g, b]: [u8; 3]| [r, g, b, 255].map(|c| f32::from(c) / 255.0);
        let colours = if difference { Style::difference_colours(style.dark) } else { Style::colours(style.dark) };
        Self {
            colours: colours.map(colour),
            range: if difference { Style::DIFFERENCES } else { style.range },
            size: size.map(|s| s as f32),
            origin: lattice.origin[0] as f32,
            spacing: lattice.step as f32,
            count: lattice.count as u32,
            half_width: VIEW as f32,
            arrow_count: ARROW_COUNT,
            arrow_time: ARROW_TIME,
            difference: u32::from(difference),
            padding: 0,
        }
    }
}

/// The shaders of a picture: name, and texts to be concatenated.
pub const VIEW_SHADERS: [(&str, &[&str]); 2] =
    [("heat_map", shader!("heat_map", ["view", "numeric"])), ("arrows", shader!("arrows", ["view", "numeric"]))];

/// The pipelines that draw a flow to textures of one format.
#[derive(Debug)]
pub struct FlowView {
    uniform: wgpu::Buffer,
    layout: wgpu::BindGroupLayout,
    heat_map: wgpu::RenderPipeline,
    arrows: wgpu::RenderPipeline,
}

impl FlowView {
    /// `format` must not be an sRGB format: the shader outputs sRGB values itself.
    pub fn new(gpu: &Gpu, format: wgpu::TextureFormat) -> Self {
        let device = &gpu.device;
        let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
            ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
            count: None,
        };
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("view"),
            entries: &[
                entry(0, wgpu::BufferBindingType::Uniform),
                entry(1, wgpu::BufferBindingType::Storage { read_only: true }),
                entry(2, wgpu::BufferBindingType::Storage { read_only: true }),
            ],
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("view"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = |(name, texts): (&str, &[&str]), blend| {
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(name),
                source: wgpu::ShaderSource::Wgsl(texts.concat().into()),
            });
            device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some(name),
                layout: Some(&pipeline_layout),
                vertex: wgpu::VertexState {
                    module: &module,
                    entry_point: Some(&format!("{name}_vertex")),
                    compilation_options: Default::default(),
                    buffers: &[],
                },
                primitive: Default::default(),
                depth_stencil: None,
                multisample: Default::default(),
                fragment: Some(wgpu::FragmentState {
                    module: &module,
                    entry_point: Some(&format!("{name}_fragment")),
                    compilation_options: Default::default(),
                    targets: &[Some(wgpu::ColorTargetState { format, blend, write_mask: wgpu::ColorWrites::ALL })],
                }),
                multiview_mask: None,
                cache: None,
            })
        };
        let [heat_map, arrows] = VIEW_SHADERS;
        Self {
            uniform: device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("view"),
                size: size_of::<ViewUniform>() as u64,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            heat_map: pipeline(heat_map, None),
            arrows: pipeline(arrows, Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING)),
            layout,
        }
    }

    /// Records the picture of `subject`, fields on `lattice`.
    pub(crate) fn encode(
        &self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        lattice: &Lattice,
        subject: Subject<'_>,
        frame: &Frame<'_>,
    ) {
        let (flow, reference, difference) = match subject {
            Subject::Flow(flow) => (flow, flow, false),
            Subject::Difference(flow, reference) => (flow, reference, true),
        };
        let uniform = ViewUniform::new(lattice, frame.size, &frame.style, difference);
        gpu.queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&uniform));
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("view"),
            layout: &self.layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: self.uniform.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: flow.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 2, resource: reference.as_entire_binding() },
            ],
        });
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("view"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: frame.target,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
            })],
            ..Default::default()
        });
        pass.set_bind_group(0, &group, &[]);
        pass.set_pipeline(&self.heat_map);
        pass.draw(0..3, 0..1);
        if frame.style.arrows {
            pass.set_pipeline(&self.arrows);
            pass.draw(0..6, 0..ARROW_COUNT * ARROW_COUNT);
        }
    }
}
