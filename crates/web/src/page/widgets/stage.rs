//! The canvas of the flow: a surface on a device, and the pictures on it.

use flowsketch_core::gpu::session::{Session, Work};
use flowsketch_core::gpu::{FlowView, Frame, Gpu, GpuError, is_software};
use flowsketch_core::run::ViewParams;
use web_sys::HtmlCanvasElement;
use wgpu::CurrentSurfaceTexture;

/// An adapter that WebGPU offers.
pub struct Adapter {
    instance: wgpu::Instance,
    adapter: wgpu::Adapter,
}

impl Adapter {
    /// The fastest one.
    ///
    /// # Errors
    /// When there is none.
    pub async fn find() -> Result<Self, GpuError> {
        let instance = wgpu::Instance::default();
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = instance.request_adapter(&options).await.map_err(|_| GpuError::NoAdapter)?;
        Ok(Self { instance, adapter })
    }

    /// A device that draws nothing.
    ///
    /// # Errors
    /// When the adapter refuses it.
    pub async fn open(&self) -> Result<Gpu, GpuError> {
        Gpu::from_adapter(&self.adapter).await
    }

    /// Whether it is a software adapter.
    pub fn is_software(&self) -> bool {
        is_software(&self.adapter.get_info())
    }
}

pub struct Stage {
    instance: wgpu::Instance,
    canvas: HtmlCanvasElement,
    surface: wgpu::Surface<'static>,
    format: wgpu::TextureFormat,
    view: FlowView,
    /// Pixels of a side that the surface has, and that the next picture shall have.
    side: u32,
    wanted_side: u32,
}

impl Stage {
    /// Opens a device that can draw on `canvas`.
    ///
    /// # Errors
    /// When the adapter refuses a device or the canvas.
    pub async fn open(
        Adapter { instance, adapter }: Adapter,
        canvas: &HtmlCanvasElement,
    ) -> Result<(Gpu, Self), GpuError> {
        let gpu = Gpu::from_adapter(&adapter).await?;
        let surface = surface_on(&instance, canvas)?;
        // The view encodes its colours itself, so the format must not.
        let formats = surface.get_capabilities(&adapter).formats;
        let plain = [wgpu::TextureFormat::Bgra8Unorm, wgpu::TextureFormat::Rgba8Unorm];
        let format = formats.into_iter().find(|format| plain.contains(format));
        let format =
            format.ok_or_else(|| GpuError::DeviceRefused("the canvas takes no plain colour format.".into()))?;
        let view = FlowView::new(&gpu, format);
        Ok((gpu, Self { instance, canvas: canvas.clone(), surface, format, view, side: 0, wanted_side: 0 }))
    }

    /// The canvas that it draws on.
    pub fn canvas(&self) -> &HtmlCanvasElement {
        &self.canvas
    }

    /// Submits `work` with a picture, if there is a place for one; returns whether there was.
    pub fn show(&mut self, session: &mut Session, work: &Work, view: &ViewParams) -> bool {
        let gpu = session.gpu().clone();
        // No more than the device can draw.
        self.wanted_side = view.side.min(gpu.device.limits().max_texture_dimension_2d);
        let Some(texture) = self.texture(&gpu) else {
            session.submit(work, None);
            return false;
        };
        let target = texture.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let frame =
            Frame { view: &self.view, target: &target, size: [self.side; 2], style: view.style, shown: view.shown };
        session.submit(work, Some(&frame));
        gpu.queue.present(texture);
        true
    }

    /// The texture of the next picture; none for a canvas of size 0, or one that is out of sight.
    fn texture(&mut self, gpu: &Gpu) -> Option<wgpu::SurfaceTexture> {
        if self.wanted_side == 0 {
            return None;
        }
        if self.side != self.wanted_side {
            self.configure(gpu);
        }
        match self.surface.get_current_texture() {
            CurrentSurfaceTexture::Success(texture) | CurrentSurfaceTexture::Suboptimal(texture) => Some(texture),
            CurrentSurfaceTexture::Outdated => {
                self.side = 0;
                None
            }
            CurrentSurfaceTexture::Lost => {
                // If the device is lost too, its failure is dealt with elsewhere.
                if let Ok(surface) = surface_on(&self.instance, &self.canvas) {
                    self.surface = surface;
                }
                self.side = 0;
                None
            }
            CurrentSurfaceTexture::Timeout | CurrentSurfaceTexture::Occluded | CurrentSurfaceTexture::Validation => {
                None
            }
        }
    }

    /// Setting the size empties the canvas, so this is done just before a picture is drawn.
    fn configure(&mut self, gpu: &Gpu) {
        self.side = self.wanted_side;
        let configuration = wgpu::SurfaceConfiguration {
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            format: self.format,
            color_space: wgpu::SurfaceColorSpace::Auto,
            width: self.side,
            height: self.side,
            present_mode: wgpu::PresentMode::AutoVsync,
            desired_maximum_frame_latency: 2,
            alpha_mode: wgpu::CompositeAlphaMode::Auto,
            view_formats: vec![],
        };
        self.surface.configure(&gpu.device, &configuration);
    }
}

fn surface_on(instance: &wgpu::Instance, canvas: &HtmlCanvasElement) -> Result<wgpu::Surface<'static>, GpuError> {
    instance
        .create_surface(wgpu::SurfaceTarget::Canvas(canvas.clone()))
        .map_err(|error| GpuError::DeviceRefused(error.to_string()))
}
